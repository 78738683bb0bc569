import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { link, rename } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import S3Error from '@20minutes/s3rver/lib/models/error.js'
import type { UploadCheck } from './s3-upload.ts'

/** Writes and hashes in one pass: nothing is read twice, nothing is held. */
export async function writeChecked(content: Readable | Buffer, file: string, checks: readonly UploadCheck[]) {
  const md5 = createHash('md5')
  const sums = checks.map((check) => ({ check, sum: checksum(check.algorithm) }))
  let size = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      md5.update(chunk)
      for (const { sum } of sums) sum.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(
    content instanceof Readable ? content : Readable.from([content]),
    measure,
    createWriteStream(file, { flags: 'wx' }),
  )
  for (const { check, sum } of sums) {
    const expected = check.expected()
    if (expected !== undefined && expected !== sum.digest(check.encoding))
      throw refusal(check.code, 400, check.message)
  }
  return { size, md5: md5.digest('hex') }
}

function checksum(algorithm: UploadCheck['algorithm']) {
  if (algorithm !== 'crc32') return createHash(algorithm)
  let value = 0
  return {
    update(chunk: Buffer) {
      value = crc32(chunk, value)
    },
    digest(encoding: 'hex' | 'base64') {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString(encoding)
    },
  }
}

/** `link` fails where the target is there, so that of two first writers exactly one wins. */
export async function publish(temporary: string, target: string, createOnly: boolean): Promise<void> {
  if (!createOnly) return rename(temporary, target)
  try {
    await link(temporary, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw alreadyThere()
  }
}

export const alreadyThere = () =>
  refusal('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold.')

/** s3rver writes its own errors as S3 does; one that it does not know needs its status told. */
export const refusal = (code: string, status: number, message: string) =>
  Object.assign(new S3Error(code, message), { status })
