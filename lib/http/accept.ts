interface Range {
  readonly type: string
  readonly quality: number
}

/** Which of these media types the caller likes best (RFC 9110, 12.5.1); the first where it is all the same to them. */
export function preferredType<T extends string>(accept: string | undefined, types: readonly [T, ...T[]]): T {
  const ranges = (accept ?? '*/*').split(',').map(readRange)
  const likings = types.map((type) => likingOf(type, ranges))
  const best = Math.max(...likings)
  return best > 0 ? types[likings.indexOf(best)]! : types[0]
}

/** The most exact range that a type is in decides. */
function likingOf(type: string, ranges: readonly Range[]): number {
  const [kind] = type.split('/')
  for (const name of [type, `${kind}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === name)
    if (range) return range.quality
  }
  return 0
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}
