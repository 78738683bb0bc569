import { createHash } from 'node:crypto'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Answer, type Client, expectStatus, putFile } from '../../infra/local/client.ts'
import type { Sql } from '../../lib/db/client.ts'
import { sdkSettings } from './platform.ts'
import { addSession, addSomeone, type Someone, type signerOf } from './world.ts'

export type Kind = 'original' | 'stream' | 'preview' | 'waveform'

/** Callers with keys of AWS. */
export const servers = ['stream_server', 'chat_server', 'operator'] as const

export interface RecordingDependencies {
  readonly client: Client
  readonly sql: Sql
  readonly signer: Awaited<ReturnType<typeof signerOf>>
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export type Recording = Awaited<ReturnType<typeof seedRecording>>

/** A track whose file went through the whole pipeline, and everybody who has to do with it. */
export async function seedRecording(
  { client, sql, signer }: RecordingDependencies,
  bytes: Buffer,
  end: 'ready' | 'rejected',
) {
  const owner = await addSomeone(sql)
  const token = await signer.sign(await addSession(sql, owner))
  const track = await client.createTrack(token)
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes }
  const grant = await client.requestUpload(token, track.id, file)
  expect(await putFile(grant, bytes)).toMatchObject({ status: 200 })
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: end })
  const share = await client.request('POST', `/api/v1/tracks/${track.id}/shares`, { token, body: {} })
  const members = await Promise.all(
    (['viewer', 'commenter', 'editor'] as const).map(async (role) => {
      const person = await addSomeone(sql)
      await sql`
        insert into track_collaborators (track_id, user_id, role, status)
        values (${track.id}, ${person.id}, ${role}, 'accepted')
      `
      return [role, person] as const
    }),
  )
  const [row] = await sql<
    [
      {
        upload_key: string
        upload_version: string
        version_id: string | null
        original_key: string | null
        original_version: string | null
      },
    ]
  >`
    select u.object_key as upload_key, u.object_version_id as upload_version, v.id as version_id,
      v.object_key as original_key, v.object_version_id as original_version
    from uploads u left join track_versions v on v.upload_id = u.id
    where u.id = ${grant.upload_id}
  `
  return {
    ...row,
    owner,
    token,
    track_id: track.id as string,
    upload_id: grant.upload_id as string,
    share: expectStatus(201, share),
    members: Object.fromEntries(members) as Record<'viewer' | 'commenter' | 'editor', Someone>,
  }
}

/** What of a recording an answer gives, itself or behind an address in it. */
export async function kindsIn(
  { platform }: Pick<Client, 'platform'>,
  { body, headers }: Answer,
  { version_id }: Pick<Recording, 'version_id'>,
  secrets: ReadonlySet<string>,
): Promise<Kind[]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? null)
  const origins = [platform.media_url, platform.aws.endpoint_url, platform.stream_server_url]
  const urls = [...text.matchAll(/https?:\/\/[^"\\\s<>]+/g), [headers.get('location') ?? '']]
    .map(([url]) => url!)
    .filter(
      (url) => origins.some((origin) => url.startsWith(origin)) && !isWaveformOfAnother(url, version_id),
    )
  const kinds = await Promise.all([...new Set(urls)].map((url) => kindBehind(url, secrets)))
  const own: Kind | undefined = isWaveform(text) ? 'waveform' : undefined
  return [...kinds, own].filter((kind) => kind !== undefined)
}

async function kindBehind(url: string, secrets: ReadonlySet<string>): Promise<Kind | undefined> {
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) return undefined
  if (secrets.has(sha256(bytes))) return 'original'
  if (bytes.subarray(0, 7).toString() === '#EXTM3U') return 'stream'
  if (response.headers.get('content-type')?.startsWith('audio/')) return 'preview'
  return isWaveform(bytes.toString()) ? 'waveform' : undefined
}

/** Lists show the tracks of everybody. */
const isWaveformOfAnother = (url: string, versionId: string | null) =>
  url.includes('/waveforms/') && !url.includes(`/waveforms/${versionId}/`)

const isWaveform = (text: string) => /"samples_per_pixel":\s*\d/.test(text)

/** Past the API: both buckets, with every key there is and with none, guessed addresses, the distribution. */
export async function readDirectly(
  { platform }: Pick<Client, 'platform'>,
  { upload_key, upload_version, original_key, original_version }: Recording,
): Promise<string[]> {
  const { uploads, media } = platform.aws.buckets as Record<string, string>
  const objects = [
    { Bucket: uploads!, Key: upload_key, VersionId: upload_version },
    ...(original_key ? [{ Bucket: media!, Key: original_key, VersionId: original_version! }] : []),
  ]
  const read: string[] = []
  const note = (who: string, isRead: boolean) => {
    if (isRead) read.push(who)
  }
  for (const { Bucket, Key, VersionId } of objects) {
    const address = `${platform.aws.endpoint_url}/${Bucket}/${Key}`
    const guessed = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0'.repeat(64)}`
    const addresses = [
      address,
      `${address}?versionId=${VersionId}`,
      `${address}?${guessed}`,
      `${platform.media_url}/${Key}`,
      `${platform.media_url}/${Key}?versionId=${VersionId}`,
      `${platform.media_url}/${Key}?Expires=4000000000&Signature=AAAA&Key-Pair-Id=K0`,
    ]
    for (const url of addresses) note(url, (await fetch(url)).ok)
    for (const role of servers) {
      const s3 = new S3Client({ ...sdkSettings(platform, role), forcePathStyle: true, maxAttempts: 1 })
      for (const version of [{}, { VersionId }]) {
        const asked = s3.send(new GetObjectCommand({ Bucket, Key, ...version }))
        note(
          `${role} ${Key}`,
          await asked.then(
            () => true,
            () => false,
          ),
        )
      }
    }
  }
  return read
}
