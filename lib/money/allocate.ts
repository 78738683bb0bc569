/**
 * Divides an amount by weights so that the parts come to it exactly: each gets the whole units of its quota, and what
 * is left goes one by one to the largest remainders (of equals, to the first). A part is never more than its quota
 * rounded up, so that dividing what is left by what is left leaves nothing behind. `bigint`, for a product of two
 * amounts passes 2^53. Throws where there is nothing to divide by.
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n)
  if (amount < 0 || weights.some((weight) => weight < 0)) throw new RangeError('Nothing here can be negative')
  if (total === 0n) {
    if (amount === 0) return weights.map(() => 0)
    throw new RangeError('An amount needs somebody to go to')
  }
  const quotas = weights.map((weight, at) => {
    const product = BigInt(amount) * BigInt(weight)
    return { at, whole: Number(product / total), remainder: product % total }
  })
  const rest = amount - quotas.reduce((sum, { whole }) => sum + whole, 0)
  const first = quotas.toSorted((a, b) =>
    a.remainder === b.remainder ? a.at - b.at : a.remainder > b.remainder ? -1 : 1,
  )
  const favoured = new Set(first.slice(0, rest).map(({ at }) => at))
  return quotas.map(({ at, whole }) => whole + (favoured.has(at) ? 1 : 0))
}
