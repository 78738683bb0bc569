let mediaUrl: string | undefined

/** Said once, by whoever composes a function that answers clients. */
export function serveMediaFrom(url: string): void {
  mediaUrl = url
}

/** Of an object that anybody may fetch; for answers, whose rows have only the last part of its name. */
export function openUrl(key: string): string {
  if (mediaUrl === undefined) throw new Error('Nobody has said where media are served from')
  return `${mediaUrl}/${key}`
}
