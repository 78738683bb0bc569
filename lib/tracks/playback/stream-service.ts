import type { Actor } from '../../auth/actor.ts'
import type { LoadKeys } from '../../auth/key-ring.ts'
import type { Secrets } from '../../aws/secrets.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { guest, signStreamToken, signStreamUrl, streamSeconds } from '../../media/streams/streaming.ts'
import { signPlayToken } from '../../plays/play-token.ts'
import type { VisitorHash } from '../../plays/visitors.ts'
import { findPlayableTrack } from '../repository.ts'
import { createViewers } from '../viewers.ts'

export interface StreamDependencies {
  readonly sql: Sql
  readonly secrets: Pick<Secrets, 'read'>
  readonly loadKeys: LoadKeys
  readonly hashVisitor: VisitorHash
  readonly streamServerUrl: string
  readonly tokenSecretId: string
  readonly urlSecretId: string
  readonly now?: () => Date
}

export type StreamService = ReturnType<typeof createStreamService>

export interface Listening {
  /** By which guests are told apart. */
  readonly ip: string
  /** Of the secret link that the listener holds. */
  readonly share_token?: string | undefined
}

/** Hands out what a player needs for one listening: a signed manifest and the tokens that go with it. */
export function createStreamService(dependencies: StreamDependencies) {
  const { sql, secrets, loadKeys, hashVisitor, streamServerUrl, tokenSecretId, urlSecretId } = dependencies
  const { now = () => new Date() } = dependencies
  const viewerOf = createViewers({ sql, now })

  return {
    async issue(actor: Actor | undefined, trackId: string, { ip, share_token }: Listening) {
      const at = now()
      const viewer = await viewerOf(actor, share_token)
      const track = await findPlayableTrack(sql, trackId, viewer)
      if (!track) throw new AppError('not_found')
      const { version_id, manifest_key, duration_ms } = track
      if (!version_id || !manifest_key) throw new AppError('track_not_ready')
      const listener =
        actor && track.listener ? { ...track.listener, id: actor.id, session_id: actor.session_id } : guest()
      const { session_id } = listener
      const issuedAt = Math.floor(at.getTime() / 1000)
      const times = { issuedAt, expires: issuedAt + streamSeconds(duration_ms) }
      const visitor = actor ? undefined : (await hashVisitor(ip)).toString('hex')
      const share_id = viewer.share?.id
      const play = { track_id: trackId, version_id, user_id: actor?.id, session_id, visitor, share_id }
      const [urlSecret, tokenSecret] = await Promise.all([
        secrets.read(urlSecretId),
        secrets.read(tokenSecretId),
      ])
      const [stream_token, play_token] = await Promise.all([
        signStreamToken(tokenSecret, listener, { track_id: trackId, version_id }, times),
        signPlayToken(loadKeys, play, times),
      ])
      return {
        manifest_url: signStreamUrl(streamServerUrl, urlSecret, manifest_key, times.expires),
        stream_token,
        play_token,
        expires_at: new Date(times.expires * 1000),
      }
    },
  }
}
