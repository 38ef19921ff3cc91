/** A set of small numbers, 32 to a word. Several sets of one length may lie behind each other in one array. */
export type Bits = Uint32Array;

export const wordsFor = (size: number): number => Math.ceil(size / 32);

export const addBit = (bits: Bits, offset: number, index: number): void => {
  const word = offset + (index >>> 5);
  bits[word] = bits[word]! | (1 << (index & 31));
};

export const removeBit = (bits: Bits, index: number): void => {
  bits[index >>> 5] = bits[index >>> 5]! & ~(1 << (index & 31));
};

export const hasBit = (bits: Bits, offset: number, index: number): boolean =>
  ((bits[offset + (index >>> 5)]! >>> (index & 31)) & 1) === 1;

/** Adds to `target` all members of `source` that are also in `mask`, where a mask is given. */
export const addAll = (target: Bits, offset: number, source: Bits, mask?: Bits): void => {
  for (let word = 0; word < source.length; word += 1) {
    const found = mask === undefined ? source[word]! : source[word]! & mask[word]!;
    target[offset + word] = target[offset + word]! | found;
  }
};

export const fillAll = (bits: Bits, offset: number, size: number): void => {
  for (let index = 0; index < size; index += 32)
    bits[offset + (index >>> 5)] = size - index >= 32 ? 0xffffffff : (1 << (size - index)) - 1;
};

/** Members in ascending order. */
export const listBits = (bits: Bits): number[] => {
  const found: number[] = [];
  for (let word = 0; word < bits.length; word += 1)
    for (let rest = bits[word]!; rest !== 0; rest &= rest - 1)
      found.push(word * 32 + 31 - Math.clz32(rest & -rest));
  return found;
};

/** Of `size` sets behind each other: number j is in set i of the result where i is in set j of the argument. */
export const transposeBits = (bits: Bits, size: number): Bits => {
  const words = wordsFor(size);
  const turned = new Uint32Array(bits.length);
  for (let row = 0; row < size; row += 1)
    for (let word = 0; word < words; word += 1)
      for (let rest = bits[row * words + word]!; rest !== 0; rest &= rest - 1)
        addBit(turned, (word * 32 + 31 - Math.clz32(rest & -rest)) * words, row);
  return turned;
};
