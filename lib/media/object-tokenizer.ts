import {
  AbstractTokenizer,
  EndOfStreamError,
  type IRandomAccessFileInfo,
  type IReadChunkOptions,
} from 'strtok3'
import type { RangedSource } from './ranged-source.ts'

/** Lets music-metadata jump about in an object that is read by ranges. */
export class ObjectTokenizer extends AbstractTokenizer {
  override readonly fileInfo: IRandomAccessFileInfo
  readonly #source: RangedSource

  constructor(source: RangedSource, mimeType: string) {
    // A header may promise anything; no buffer is larger than the object.
    super({ maxBufferSize: Math.max(source.size_bytes, 1) })
    this.#source = source
    this.fileInfo = { size: source.size_bytes, mimeType }
  }

  override supportsRandomAccess(): boolean {
    return true
  }

  setPosition(position: number): void {
    this.validateLength(position, 'position')
    this.position = position
  }

  override async readBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { position } = this.normalizeOptions(target, options)
    const count = await this.peekBuffer(target, options)
    this.position = position + count
    return count
  }

  override async peekBuffer(target: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { position, length, mayBeLess } = this.normalizeOptions(target, options)
    const bytes = await this.#source.read(position, length)
    if (bytes.length < length && !mayBeLess) throw new EndOfStreamError()
    target.set(bytes)
    return bytes.length
  }
}
