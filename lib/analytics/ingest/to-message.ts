import * as z from 'zod/mini'
import type { Filter } from '../../plays/filters.ts'
import type { IssuedPlay } from '../../plays/play-token.ts'
import type { Client } from '../clients/client.ts'
import type { ReportedEvent } from './catalogue.ts'
import {
  type IngestMessage,
  ingestMessage,
  type MessageEvent,
  type MessagePlay,
  messageEvent,
} from './message.ts'
import type { JudgedTime } from './times.ts'

export interface JudgedEvent {
  readonly event: ReportedEvent
  readonly time: JudgedTime
  readonly play: IssuedPlay | undefined
  readonly filtered: Filter | undefined
}

export interface Call {
  readonly user_id: string | undefined
  readonly client: Client
  readonly is_anonymous: boolean
  readonly received_at: Date
}

/** What goes on of a call. Of somebody who wants to be nobody neither the user nor the visitor does, nor their visit. */
export function toMessage(judged: readonly JudgedEvent[], call: Call): string {
  const { client, is_anonymous, received_at, user_id } = call
  const plays = new Map(judged.flatMap(({ play }) => (play ? [[play.id, play]] : [])))
  const message: IngestMessage = {
    received_at,
    device: client.device,
    is_anonymous,
    ...(client.country && { country: client.country }),
    ...(!is_anonymous && user_id && { user_id }),
    ...(!is_anonymous && !user_id && { visitor: client.visitor.toString('hex') }),
    plays: [...plays.values()].map((play) => toMessagePlay(play, is_anonymous)),
    events: judged.map((one) => z.encode(messageEvent, toMessageEvent(one, is_anonymous))),
  }
  return JSON.stringify(z.encode(ingestMessage, message))
}

function toMessagePlay(play: IssuedPlay, isAnonymous: boolean): MessagePlay {
  const { id, issued_at, track_id, version_id, session_id, share_id, user_id, visitor, client } = play
  const isNobody = isAnonymous || client?.is_anonymous
  return {
    id,
    issued_at,
    track_id,
    version_id,
    session_id: isNobody ? id : session_id,
    ...(share_id && { share_id }),
    ...(!isNobody && user_id && { user_id }),
    ...(!isNobody && visitor && { visitor }),
    ...(client && { client: isNobody ? { ...client, is_anonymous: true } : client }),
  }
}

function toMessageEvent({ event, time, play, filtered }: JudgedEvent, isAnonymous: boolean): MessageEvent {
  const { id, type, session_id, source } = event
  const { client_at, at, is_late, is_clamped } = time
  return defined({
    id,
    type,
    client_at,
    at: is_clamped ? at : undefined,
    is_late: is_late || undefined,
    session_id: isAnonymous ? undefined : session_id,
    source,
    filtered,
    play_id: play?.id,
    track_id: play?.track_id ?? ('track_id' in event ? event.track_id : undefined),
    ...membersOf(event),
  })
}

/** What only some types have. */
function membersOf(event: ReportedEvent) {
  switch (event.type) {
    case 'play_heartbeat':
      return { heard_from_ms: event.from_ms, heard_to_ms: event.to_ms }
    case 'play_seeked':
      return { properties: { from_ms: event.from_ms, to_ms: event.to_ms } }
    case 'play_paused':
    case 'play_ended':
      return { properties: { position_ms: event.position_ms } }
    case 'search_performed':
      return { properties: defined({ query: event.query, result_count: event.result_count }) }
    case 'profile_viewed':
      return { profile_id: event.profile_id }
    case 'playlist_viewed':
      return { playlist_id: event.playlist_id }
    case 'product_viewed':
    case 'checkout_started':
      return { product_id: event.product_id }
    default:
      return {}
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

const defined = <T extends object>(members: T) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
