import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm, stat, utimes } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DefinitionFile } from './manifest.ts'

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

export async function isIntact(path: string, file: Pick<DefinitionFile, 'size_bytes' | 'sha256'>) {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  return size === file.size_bytes && (await sha256Of(path)) === file.sha256
}

/** Writes exactly these bytes, or throws and leaves nothing. */
export async function receive(
  source: Readable,
  target: string,
  { size_bytes, sha256, modified_at }: DefinitionFile,
): Promise<void> {
  const hash = createHash('sha256')
  let received = 0
  try {
    const measure = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        received += chunk.length
        if (received > size_bytes) throw new Error(`${target} is longer than ${size_bytes} bytes`)
        hash.update(chunk)
        yield chunk
      }
    }
    await pipeline(source, measure, createWriteStream(target, { flags: 'wx' }))
    if (received !== size_bytes) throw new Error(`${target} ended after ${received} of ${size_bytes} bytes`)
    if (hash.digest('hex') !== sha256) throw new Error(`${target} has other bytes than the manifest says`)
    await utimes(target, new Date(), new Date(modified_at))
  } catch (error) {
    await rm(target, { force: true })
    throw error
  }
}

/** When a database of ClamAV's own was made, by its header; undefined for any other file. */
export async function builtAt(file: string): Promise<Date | undefined> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
    const fields = buffer.subarray(0, bytesRead).toString('latin1').trimEnd().split(':')
    const seconds = Number(fields[8])
    return fields[0] === 'ClamAV-VDB' && Number.isInteger(seconds) && seconds > 0
      ? new Date(seconds * 1000)
      : undefined
  } finally {
    await handle.close()
  }
}
