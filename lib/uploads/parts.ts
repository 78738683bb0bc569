/** From this size on a file goes in parts. */
const multipartFrom = 100 * 1024 ** 2
/** 2 GiB are 128 of them; the store takes 10 000, of 5 MiB at least. */
const partSize = 16 * 1024 ** 2

/** How a file of this size is sent. */
export const modeOf = (sizeBytes: number) =>
  sizeBytes < multipartFrom
    ? ({ mode: 'single', part_size: null } as const)
    : ({ mode: 'multipart', part_size: partSize } as const)

export interface Division {
  readonly size_bytes: number
  /** Of every part but the last; null where there is but one. */
  readonly part_size: number | null
}

export const countParts = ({ size_bytes, part_size }: Division) =>
  Math.ceil(size_bytes / (part_size ?? size_bytes))

export function sizeOfPart(division: Division, number: number): number {
  const { size_bytes, part_size } = division
  const size = part_size ?? size_bytes
  return number < countParts(division) ? size : size_bytes - size * (number - 1)
}

export const partNumbers = (division: Division) =>
  Array.from({ length: countParts(division) }, (_, index) => index + 1)
