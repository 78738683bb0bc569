/** Numbers that are the same in every run: what is measured today can be measured tomorrow. */
export function createChance(seed: number) {
  let state = seed >>> 0
  /** In [0, 1); mulberry32. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: <T>(list: ArrayLike<T>): T => list[below(list.length)]!,
    /** The first of `count` the most often, as words and hits are: the logarithm of the place is even. */
    skewed: (count: number) => Math.min(count - 1, Math.floor(count ** next() - 1)),
  }
}

export type Chance = ReturnType<typeof createChance>

/** The UUIDv7 number `index` of a kind, made at a time. */
export function idOf(kind: number, index: number, at: number): string {
  const time = at.toString(16).padStart(12, '0')
  const low = index.toString(16).padStart(12, '0')
  const high = kind.toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${high}-8000-${low}`
}
