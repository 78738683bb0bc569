import AwsS3 from '@uppy/aws-s3'
import Uppy, { type Body, type Meta } from '@uppy/core'
import { explain, Problem } from './api.ts'
import { contentTypeOf, hashOf } from './files.ts'
import { follow } from './follow.ts'
import { forgetFile, type KeptFile, keepFile, listKeptFiles } from './kept-files.ts'
import { recallUpload, rememberUpload } from './remembered.ts'
import { call, get, post } from './session.ts'
import { change, findItem, put, select, trackPath } from './store.ts'
import { beginMeasuring, beginTransfer, showTransfer } from './transfers.ts'
import { type CallApi, createUppyUploads } from './uppy-uploads.ts'
import type { Track, Upload } from './wire.ts'

/** What goes along with the request for an upload, by the track. */
const extras = new Map<string, { readonly file: File; readonly allow_duplicate: boolean }>()

const uppy = new Uppy<Meta, Body>({ id: 'veza' })
const uploads = createUppyUploads(uppy, callApi())
uppy.use(AwsS3, { limit: 3, ...uploads.options })

const trackOf = ({ meta }: { readonly meta: Readonly<Record<string, unknown>> }) => String(meta.track_id)

uppy.on('upload-progress', (file, { bytesUploaded }) => {
  if (!file || uppy.getFile(file.id)?.isPaused) return
  showTransfer(trackOf(file), { state: 'sending', sent_bytes: Number(bytesUploaded) })
})
uppy.on('s3-multipart:part-uploaded', (file) => {
  const track_id = trackOf(file)
  const { parts } = findItem(track_id)?.transfer ?? {}
  if (parts) showTransfer(track_id, { parts: { ...parts, done: parts.done + 1 } })
})
uppy.on('upload-error', (file, error) => {
  if (file) showTransfer(trackOf(file), { state: 'failed', ...failureOf(error) })
})
uppy.on('complete', ({ successful = [] }) => {
  for (const file of successful) {
    uppy.removeFile(file.id)
    change(trackOf(file), { transfer: undefined })
    void forgetFile(trackOf(file))
  }
})

/** A refusal of the API reaches us through Uppy, which keeps it as it is or as the cause of its own. */
function failureOf(error: Error) {
  const { code } = (
    error instanceof Problem ? error : error.cause instanceof Problem ? error.cause : {}
  ) as Partial<Problem>
  return { error: explain(error), is_duplicate: code === 'duplicate_file' }
}

/** As the adapter calls, and we hear of every upload that is granted. */
function callApi(): CallApi {
  return async (method, path, body) => {
    const [, trackId] = /^\/api\/v1\/tracks\/([^/]+)\/uploads$/.exec(path) ?? []
    if (method !== 'POST' || !trackId) return (await call(method, path, { body })).body
    const { file, allow_duplicate = false } = extras.get(trackId) ?? {}
    // Of a large file the parts have checksums of their own.
    const sha256 = file && !isAskedInParts(body) ? await hashOf(file) : undefined
    const asked = { ...body, allow_duplicate, ...(sha256 && { sha256 }) }
    const granted = await post<{ upload_id: string }>(path, asked)
    rememberUpload(trackId, granted.upload_id)
    if (file) await keepFile({ track_id: trackId, upload_id: granted.upload_id, file })
    change(trackId, { upload: undefined })
    void follow(trackId, granted.upload_id)
    return granted
  }
}

const isAskedInParts = (body: object | undefined) =>
  (body as { verify_parts?: boolean })?.verify_parts === true

/** A new track of a file, on its way. */
export async function uploadNew(file: File): Promise<void> {
  const title =
    file.name
      .replace(/\.[^.]+$/, '')
      .replaceAll('_', ' ')
      .trim() || file.name
  const track = await post<Track>('/api/v1/tracks', { title: title.slice(0, 200), rights_confirmed: true })
  put(track)
  select(track.id)
  await uploadTo(track.id, file)
}

/** Another file for a track that is there. */
export async function uploadTo(trackId: string, file: File, allow_duplicate = false): Promise<void> {
  extras.set(trackId, { file, allow_duplicate })
  beginTransfer(trackId, file.size)
  add(trackId, file)
  await uppy.upload()
}

function add(trackId: string, file: File): string {
  const known = fileOf(trackId)
  if (known) uppy.removeFile(known.id)
  const meta = { track_id: trackId, relativePath: trackId }
  return uppy.addFile({ name: file.name, type: contentTypeOf(file) ?? file.type, data: file, meta })
}

const fileOf = (trackId: string) => uppy.getFiles().find((file) => trackOf(file) === trackId)

/** Also though the library has the same file already. */
export function sendDuplicate(trackId: string): void {
  const { file } = extras.get(trackId) ?? {}
  if (file) void uploadTo(trackId, file, true)
}

export function pause(trackId: string): void {
  const file = fileOf(trackId)
  if (!file) return
  const isPaused = uppy.pauseResume(file.id)
  beginMeasuring(trackId)
  showTransfer(trackId, { state: isPaused ? 'paused' : 'sending' })
}

export function tryAgain(trackId: string): void {
  const file = fileOf(trackId)
  if (!file) return
  beginMeasuring(trackId)
  showTransfer(trackId, { state: 'sending' })
  void uppy.retryUpload(file.id)
}

/** Gives the upload up; the adapter tells the API. Of an upload of an earlier visit only the API knows. */
export async function abort(trackId: string): Promise<void> {
  const file = fileOf(trackId)
  const { upload } = findItem(trackId) ?? {}
  change(trackId, { transfer: undefined })
  await forgetFile(trackId)
  if (file) uppy.removeFile(file.id)
  else if (upload) await call('DELETE', `${trackPath(trackId)}/uploads/${upload.id}`)
}

/** Takes up what an earlier visit left: uploads on their way through the pipeline, and files half sent. */
export async function resumeAll(tracks: readonly Track[]): Promise<void> {
  const kept = new Map((await listKeptFiles()).map((file) => [file.track_id, file]))
  await Promise.all(tracks.map(({ id }) => resumeOne(id, kept.get(id))))
}

async function resumeOne(trackId: string, kept: KeptFile | undefined): Promise<void> {
  const uploadId = recallUpload(trackId)
  const upload = uploadId && (await readOwn(trackId, uploadId))
  if (!upload) return
  change(trackId, { upload })
  void follow(trackId, upload.id)
  if (upload.status !== 'uploading') return void (kept && (await forgetFile(trackId)))
  beginTransfer(trackId, upload.size_bytes)
  showTransfer(trackId, { state: 'interrupted', ...partsOf(upload) })
  if (kept?.upload_id === upload.id) await goOn(trackId, kept.file)
}

/** Sends what is missing. The file is the one that the browser kept, or has been chosen once more. */
export async function goOn(trackId: string, file: File): Promise<void> {
  const { upload } = findItem(trackId) ?? {}
  if (!upload) return
  const fileId = add(trackId, file)
  try {
    await uploads.resume(fileId, { track_id: trackId, upload_id: upload.id })
  } catch (error) {
    // Not by removing it from Uppy as it is: that would abort the upload.
    showTransfer(trackId, { state: 'interrupted', error: explain(error) })
    return
  }
  beginMeasuring(trackId)
  showTransfer(trackId, { state: 'sending' })
  await uppy.upload()
}

function partsOf({ part_count, parts_uploaded }: Upload) {
  const sent_bytes = parts_uploaded.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const parts = { done: parts_uploaded.length, total: part_count }
  return { sent_bytes, ...(part_count > 1 && { parts }) }
}

async function readOwn(trackId: string, uploadId: string): Promise<Upload | undefined> {
  try {
    return await get<Upload>(`${trackPath(trackId)}/uploads/${uploadId}`)
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}
