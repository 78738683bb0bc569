import type { Item, Transfer } from './store.ts'
import type { Track, UploadStatus } from './wire.ts'

export interface Step {
  readonly label: string
  readonly state: 'pending' | 'current' | 'done' | 'failed'
  /** How long it took, or since when it has been going on. */
  readonly took_ms?: number
}

export interface Timeline {
  readonly steps: readonly Step[]
  readonly sentence: string
  readonly tone: 'plain' | 'good' | 'bad'
}

const order = ['uploading', 'scanning', 'processing', 'transcoding', 'ready'] as const
type Passed = (typeof order)[number]

const labels: Readonly<Record<Passed, string>> = {
  uploading: 'Upload',
  scanning: 'Virus scan',
  processing: 'Metadata',
  transcoding: 'Transcode',
  ready: 'Ready',
}

const doing: Readonly<Record<UploadStatus | 'draft', string>> = {
  draft: 'There is no file yet.',
  uploading: 'The file goes straight to a quarantine that nobody can read from.',
  scanning: 'ClamAV reads every byte before anybody else may.',
  processing: 'Container, codec, tags and length are read from the bytes themselves.',
  transcoding: 'The stream server makes it playable in several qualities.',
  ready: 'Scanned, examined and ready to play.',
  rejected: 'The file was refused.',
  failed: 'The file could not be processed.',
}

export function timelineOf({ track, upload, transfer }: Item): Timeline {
  const status = upload?.status ?? track.status
  const entries = upload?.timeline ?? []
  const isOver = status === 'rejected' || status === 'failed'
  const last = [...entries].reverse().find(({ status }) => order.includes(status as Passed))?.status
  const reached = status === 'draft' ? -1 : order.indexOf((isOver ? (last ?? 'uploading') : status) as Passed)
  const steps = order.map((name, at): Step => {
    const took_ms = spanOf(entries, name)
    return {
      label: labels[name],
      state: stateOf(at, reached, status),
      ...(took_ms !== undefined && { took_ms }),
    }
  })
  return { steps, sentence: sentenceOf(status, upload?.status_detail, track, transfer), tone: toneOf(status) }
}

function stateOf(at: number, reached: number, status: string): Step['state'] {
  if (at < reached || status === 'ready') return 'done'
  if (at > reached) return 'pending'
  return status === 'rejected' || status === 'failed' ? 'failed' : 'current'
}

/** From its last beginning to what came next. */
function spanOf(entries: readonly { status: string; at: string }[], name: string): number | undefined {
  const index = entries.findLastIndex(({ status }) => status === name)
  const [entry, next] = [entries[index], entries[index + 1]]
  return entry && next ? Date.parse(next.at) - Date.parse(entry.at) : undefined
}

function sentenceOf(
  status: UploadStatus | 'draft',
  detail: string | null | undefined,
  { status_reason }: Track,
  transfer: Transfer | undefined,
): string {
  if (transfer?.state === 'failed') return transfer.error ?? 'The file could not be sent.'
  if (detail) return detail
  const reason = status_reason && (status === 'rejected' || status === 'failed') ? status_reason : ''
  return reason ? `${doing[status]} Reason: ${reason.replaceAll('_', ' ')}.` : doing[status]
}

function toneOf(status: string): Timeline['tone'] {
  if (status === 'ready') return 'good'
  return status === 'rejected' || status === 'failed' ? 'bad' : 'plain'
}
