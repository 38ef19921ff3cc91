import { relative } from 'node:path';

/** One place where input is wrong. `line` and `column` count from 1 and are absent where a file has no lines to name. */
export type Problem = {
  file: string;
  line?: number;
  column?: number;
  message: string;
};

/** What went wrong, in the order in which a reader needs it: subject, wanted, got, next step. */
type Complaint = {
  subject: string;
  wanted?: string;
  got?: string;
  next?: string;
};

/** A command as a person types it: ours are written for a checkout; where npm installed us there is no `npm start`. */
export const asTyped = (command: string): string =>
  import.meta.url.includes('/node_modules/') ? command.replaceAll('npm start --', 'npx netpol') : command;

const sentence = ({ subject, wanted, got, next }: Complaint): string =>
  [
    subject,
    wanted === undefined ? '' : `  wanted: ${wanted}`,
    got === undefined ? '' : `  got:    ${got}`,
    next === undefined ? '' : `  next:   ${asTyped(next)}`,
  ]
    .filter((line) => line !== '')
    .join('\n');

/**
 * The parent of every error that we throw on purpose. None of them says that a plugin is wrong: that is a
 * failed comparison (chai's AssertionError), and everything else that is thrown means "we could not tell".
 */
export class NetpolError extends Error {
  readonly code: string;
  readonly complaint: Complaint;

  constructor(code: string, complaint: Complaint, cause?: Error) {
    super(sentence(complaint), cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.complaint = complaint;
  }
}

const errorWith = (code: string) =>
  class extends NetpolError {
    constructor(complaint: Complaint, cause?: Error) {
      super(code, complaint, cause);
    }
  };

/** The command line or the configuration asks for something that cannot be. Nothing was created. */
export class UsageError extends errorWith('usage') {}

/** Files that were read are wrong; carries all problems at once. Nothing was created. */
export class InputError extends NetpolError {
  readonly problems: readonly Problem[];

  constructor(subject: string, problems: readonly Problem[], next: string) {
    super('input', { subject: `${subject}\n${problems.map(formatProblem).join('\n')}`, next });
    this.problems = problems;
  }
}

/** This machine lacks something: a program, a permission, a kernel feature, an engine that answers. */
export class EnvironmentError extends errorWith('environment') {}

/** The cluster refused or failed: API away, no permission, image not pulled, node not ready. */
export class ClusterError extends errorWith('cluster') {}

/** A probe or its stream could not do its work, so nothing is known about the cells it was for. */
export class ProbeError extends errorWith('probe') {}

/** What was watched was out of sight for too long: nothing is known, and another attempt may tell. */
export class BlindError extends ProbeError {}

/** The world before the first policy was not as it must be (a cell that should be open was not). */
export class BaselineError extends errorWith('baseline') {}

/** `file:line:column: message`, the form that editors and terminals turn into links. */
export const formatProblem = ({ file, line, column, message }: Problem): string =>
  `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`;

/** A path as people would type it here: from the current directory, where it is below. */
export const showPath = (location: string): string => {
  const path = relative(process.cwd(), location);
  return path === '' || path.startsWith('..') ? location : path;
};

/** The text of anything that was thrown. Never the object itself: a client's error events carry its keys. */
export const messageOf = (thrown: unknown): string => {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'string') return thrown;
  return `a thrown ${typeof thrown}`;
};
