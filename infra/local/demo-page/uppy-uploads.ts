import type { AwsS3Options } from '@uppy/aws-s3'
import type { Body, Meta, Uppy } from '@uppy/core'

/*
 * Uppy's plugin for S3 over our routes of uploads, for a web application to copy:
 *
 *   const uploads = createUppyUploads(uppy, call)
 *   uppy.use(AwsS3, uploads.options)
 *
 * Every file carries `track_id` in its `meta`. The plugin speaks to S3 itself, each request being signed for it
 * one by one. What only concerns the upload as a whole (beginning it, listing its parts, completing and aborting it)
 * goes to the API instead, whose answer the plugin is handed as a `data:` address, in the words of S3.
 */

/** Calls the API as the signed-in user and answers with the body; throws on any refusal. */
export type CallApi = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>

export interface UploadIds {
  readonly track_id: string
  readonly upload_id: string
}

interface Signed {
  readonly url: string
  readonly headers: Record<string, string>
}

interface Grant extends Signed {
  readonly upload_id: string
  readonly mode: 'single' | 'multipart'
  readonly part_size?: number
}

interface Upload {
  readonly status: string
  readonly mode: 'single' | 'multipart'
  readonly size_bytes: number
  readonly parts_uploaded: readonly { readonly part_number: number; readonly etag: string }[]
}

type Options<M extends Meta, B extends Body> = Extract<AwsS3Options<M, B>, { signRequest: unknown }>
type SignRequest = Options<Meta, Body>['signRequest']
type Asked = Parameters<SignRequest>[0]

const mebibyte = 1024 ** 2
/** As the API divides a file. */
const multipartFrom = 100 * mebibyte
const partSize = 16 * mebibyte

export function createUppyUploads<M extends Meta, B extends Body>(uppy: Uppy<M, B>, call: CallApi) {
  /** What was granted to the files of this page, by their ids in Uppy. */
  const begun = new Map<string, UploadIds>()
  const isLarge = (size: number | null) => (size ?? 0) >= multipartFrom

  const grant = async (fileId: string): Promise<Grant & UploadIds> => {
    const file = uppy.getFile(fileId)
    const track_id = String(file.meta.track_id)
    const asked = {
      filename: file.name,
      content_type: file.type,
      size_bytes: file.size,
      verify_parts: isLarge(file.size),
    }
    const granted = (await call('POST', `/api/v1/tracks/${track_id}/uploads`, asked)) as Grant
    begun.set(fileId, { track_id, upload_id: granted.upload_id })
    const isAsExpected = isLarge(file.size) ? granted.part_size === partSize : granted.mode === 'single'
    if (!isAsExpected) throw new Error('The API divides files in another way than this adapter')
    return { ...granted, track_id }
  }

  const signParts = async (ids: UploadIds, part_number: number, sha256?: string): Promise<Signed> => {
    const asked = { part_numbers: [part_number], ...(sha256 && { sha256: [sha256] }) }
    const { parts } = (await call('POST', `${pathOf(ids)}/parts`, asked)) as { parts: [Signed] }
    return parts[0]
  }

  const fileOf = ({ upload_id }: UploadIds): Blob => {
    const [fileId] = [...begun].find(([, ids]) => ids.upload_id === upload_id) ?? []
    const data = fileId && uppy.getFile(fileId)?.data
    if (!data) throw new Error('The file of this upload is not at hand')
    return data as Blob
  }

  const signWhole = async (fileId: string) => {
    const ids = begun.get(fileId)
    if (ids) return { ...(await signParts(ids, 1)), key: keyOf(ids) }
    const { url, headers, ...granted } = await grant(fileId)
    return { url, headers, key: keyOf(granted) }
  }

  const signPart = async (ids: UploadIds, number: number): Promise<Signed> => {
    const part = fileOf(ids).slice((number - 1) * partSize, number * partSize)
    return signParts(ids, number, hex(await crypto.subtle.digest('SHA-256', await part.arrayBuffer())))
  }

  const create = async (fileId: string) => {
    const granted = await grant(fileId)
    return {
      ...answer('InitiateMultipartUploadResult', element('UploadId', granted.upload_id)),
      key: keyOf(granted),
    }
  }

  const listParts = async (ids: UploadIds) => {
    const { parts_uploaded } = (await call('GET', pathOf(ids))) as Upload
    const parts = parts_uploaded.map(({ part_number, etag }) =>
      element('Part', element('PartNumber', part_number) + element('ETag', etag)),
    )
    return answer('ListPartsResult', parts.join(''))
  }

  const complete = async (ids: UploadIds): Promise<void> => {
    const { parts_uploaded } = (await call('GET', pathOf(ids))) as Upload
    const parts = parts_uploaded.map(({ part_number, etag }) => ({ part_number, etag }))
    await call('POST', `${pathOf(ids)}/complete`, { parts })
  }

  const signRequest: SignRequest = async (request: Asked) => {
    const { method, key } = request
    if (!('uploadId' in request)) return method === 'POST' ? create(key) : signWhole(key)
    const ids = idsOf(key)
    if ('partNumber' in request) return signPart(ids, request.partNumber)
    if (method === 'GET') return listParts(ids)
    if (method === 'DELETE') {
      await call('DELETE', pathOf(ids))
      return answer('Aborted', '')
    }
    await complete(ids)
    return answer('CompleteMultipartUploadResult', element('Location', pathOf(ids)) + element('Key', key))
  }

  // Of a small file only the page knows that all of it is there; said so, it need not wait for the bucket to tell.
  uppy.addPostProcessor(async (fileIds) => {
    const sent = fileIds.filter(
      (id) => uppy.getFile(id)?.progress.uploadComplete && !isLarge(uppy.getFile(id).size),
    )
    await Promise.all(sent.map((id) => complete(begun.get(id)!)))
  })
  uppy.on('file-removed', (file) => {
    const ids = begun.get(file.id)
    begun.delete(file.id)
    // The plugin aborts large ones itself.
    if (ids && !isLarge(file.size) && !file.progress.uploadComplete)
      void call('DELETE', pathOf(ids)).catch(() => {})
  })

  const options = {
    shouldUseMultipart: ({ size }) => isLarge(size),
    getChunkSize: () => partSize,
    generateObjectKey: ({ id }) => id,
    signRequest,
  } satisfies Partial<Options<M, B>>

  return {
    options,

    /** Has a file that was added anew go on where its upload was left, in this page or in an earlier one. */
    async resume(fileId: string, ids: UploadIds): Promise<void> {
      const upload = (await call('GET', pathOf(ids))) as Upload
      const { size } = uppy.getFile(fileId)
      if (upload.status !== 'uploading') throw new Error(`The upload is ${upload.status}`)
      if (upload.size_bytes !== size) throw new Error('This is another file')
      begun.set(fileId, ids)
      if (upload.mode === 'single') return
      uppy.setFileState(fileId, { s3Multipart: { uploadId: ids.upload_id, key: keyOf(ids) } })
    },

    /** By which a page remembers what it may have to resume. */
    idsOfFile: (fileId: string): UploadIds | undefined => begun.get(fileId),
  }
}

const pathOf = ({ track_id, upload_id }: UploadIds) => `/api/v1/tracks/${track_id}/uploads/${upload_id}`

/** What the plugin takes for the key of the object, and remembers with the file. */
const keyOf = ({ track_id, upload_id }: UploadIds) => `${track_id}/${upload_id}`

function idsOf(key: string): UploadIds {
  const [track_id = '', upload_id = ''] = key.split('/')
  return { track_id, upload_id }
}

const element = (name: string, content: string | number) => `<${name}>${content}</${name}>`

const answer = (root: string, content: string) => ({
  url: `data:application/xml,${encodeURIComponent(element(root, content))}`,
})

const hex = (hash: ArrayBuffer) =>
  [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
