import { createHash } from 'node:crypto'

/** Chooses one of so many, as its seed has it: the same each time, and nothing like what another seed does. */
export function createChance(seed: number): (count: number) => number {
  let draws = 0
  return (count) =>
    createHash('md5').update(`${seed} ${draws++}`).digest().readUInt32BE() % Math.max(count, 1)
}
