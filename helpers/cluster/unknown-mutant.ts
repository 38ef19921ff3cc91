import { UsageError } from '../errors.ts';
import { didYouMean } from '../errors/closest.ts';
import { mutants } from '../reference/mutants.ts';

/** What is said of `--plugin mutant:NAME` where no mutant is called so; without a NAME all of them are told. */
export const unknownMutant = (name: string): UsageError => {
  const names = mutants.map((mutant) => mutant.name);
  const words = name.split('-').filter((word) => word.length > 2);
  const akin = names.filter((each) => name === '' || each.split('-').some((word) => words.includes(word)));
  return new UsageError({
    subject: `no such mutant of the reference plugin${didYouMean(name, names)}`,
    wanted: akin.length === 0 ? `one of ${names.length}, such as ${names[0]}` : `one of ${akin.join(', ')}`,
    got: `\`mutant:${name}\``,
    ...(name !== '' && { next: '`--plugin mutant:` without a name tells all of them' }),
  });
};
