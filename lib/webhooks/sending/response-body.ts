import { longestResponseBytes } from '../result.ts'
import { AttemptFailure } from './failure.ts'

/** Whoever says more has no end to it. */
const mostBodyBytes = 64 * 1024

/** Takes in a body as far as it is wanted; `text` is what has come so far, whole or not. */
export function createBodyReader() {
  const kept: Buffer[] = []
  let bytes = 0
  return {
    async read(body: AsyncIterable<Buffer>) {
      for await (const chunk of body) {
        const room = longestResponseBytes - bytes
        if (room > 0) kept.push(chunk.subarray(0, room))
        bytes += chunk.length
        if (bytes > mostBodyBytes) throw new AttemptFailure('response_too_large')
      }
    },
    text: () => toText(Buffer.concat(kept)),
  }
}

/** As the database can hold it, and no longer for what was not UTF-8. */
function toText(bytes: Buffer): string {
  const text = new TextDecoder().decode(bytes).replaceAll('\0', '\ufffd')
  return cut(Buffer.from(text))
}

function cut(bytes: Buffer): string {
  if (bytes.length <= longestResponseBytes) return bytes.toString()
  let end = longestResponseBytes
  // Not in the middle of a character.
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}
