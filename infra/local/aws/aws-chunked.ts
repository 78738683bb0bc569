import { Transform, type TransformCallback } from 'node:stream'
import { AwsError } from './aws-error.ts'

const CRLF = '\r\n'
const MAX_LINE = 8 * 1024

/** Takes the framing off a `STREAMING-UNSIGNED-PAYLOAD-TRAILER` body and keeps the trailing headers. */
export class AwsChunkedDecoder extends Transform {
  readonly trailers = new Map<string, string>()
  #line = ''
  #state: 'size' | 'data' | 'after-data' | 'trailers' | 'done' = 'size'
  #left = 0

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = chunk
      while (rest.length > 0) rest = this.#state === 'data' ? this.#takeData(rest) : this.#takeLine(rest)
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#state === 'done' ? null : incomplete())
  }

  #takeData(rest: Buffer): Buffer {
    const data = rest.subarray(0, this.#left)
    this.push(data)
    this.#left -= data.length
    if (this.#left === 0) this.#state = 'after-data'
    return rest.subarray(data.length)
  }

  #takeLine(rest: Buffer): Buffer {
    const end = rest.indexOf('\n')
    this.#line += rest.subarray(0, end < 0 ? rest.length : end + 1).toString('latin1')
    if (this.#line.length > MAX_LINE) throw incomplete()
    if (end < 0) return rest.subarray(rest.length)
    const line = this.#line
    this.#line = ''
    if (!line.endsWith(CRLF)) throw incomplete()
    this.#readLine(line.slice(0, -CRLF.length))
    return rest.subarray(end + 1)
  }

  #readLine(line: string): void {
    if (this.#state === 'size') {
      this.#startChunk(line)
    } else if (this.#state === 'after-data') {
      if (line !== '') throw incomplete()
      this.#state = 'size'
    } else if (this.#state === 'trailers' && line !== '') {
      const colon = line.indexOf(':')
      this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
    } else {
      this.#state = 'done'
    }
  }

  #startChunk(line: string): void {
    const size = line.split(';', 1)[0] ?? ''
    if (!/^[0-9a-fA-F]{1,12}$/.test(size)) throw incomplete()
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
  }
}

const incomplete = () => new AwsError('IncompleteBody', 400, 'The request body terminated unexpectedly.')
