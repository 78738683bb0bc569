const cutMark = '\n[…]'

/** At most so many characters, and none in halves. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  const kept = text.slice(0, most - cutMark.length)
  return `${kept.replace(/[\ud800-\udbff]$/, '')}${cutMark}`
}

/** Lines of at most so many characters together; where they are too many, the first and the last of them. */
export function joinWithin(lines: readonly string[], most: number): string {
  const whole = lines.join('\n')
  if (whole.length <= most) return whole
  const room = most - 40
  const head = takeWithin(lines, room / 2)
  const tail = takeWithin(lines.slice(head.length).toReversed(), room / 2).toReversed()
  const left = lines.length - head.length - tail.length
  return cutText([...head, `[… ${left} more]`, ...tail].join('\n'), most)
}

function takeWithin(lines: readonly string[], most: number): string[] {
  let size = 0
  const end = lines.findIndex((line) => {
    size += line.length + 1
    return size > most
  })
  return lines.slice(0, end === -1 ? lines.length : end)
}
