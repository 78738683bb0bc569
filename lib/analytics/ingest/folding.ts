import type { Db, Fragment } from '../../db/client.ts'
import { clockLeewayMs, completeShare } from '../../plays/counting.ts'
import { type Filter, filters } from '../../plays/filters.ts'
import { shortestHeardMs } from './rules.ts'

/** A listen after some of its reports were added. */
export interface FoldedListen {
  readonly id: string
  readonly issued_at: Date
  readonly track_id: string
  readonly owner_id: string
  readonly started_at: Date
  /** Before; the same where it is new. */
  readonly began_at: Date
  readonly listened_ms: number
  readonly duration_ms: number | null
  readonly is_complete: boolean
  readonly is_anonymous: boolean
  readonly is_play: boolean
  readonly filtered: Filter | null
  readonly source: string | null
  readonly country: string | null
  readonly device: string | null
}

export interface Written {
  readonly added: number
  /** When what was added happened, by the hour. */
  readonly hours: readonly Date[]
  readonly listens: readonly FoldedListen[]
}

type Stored = Omit<FoldedListen, 'issued_at' | 'started_at' | 'began_at'> & {
  readonly issued_at: string
  readonly started_at: string
  readonly began_at: string
}

/**
 * Writes staged events down, each once however often it comes, and folds those that are new into the listens that they
 * are about. Folding takes unions, least and greatest only, so the order and the batches that they come in make no
 * difference. Rows are taken in the order of their keys, so that two batches cannot wait for each other in a ring.
 */
export async function writeStaged(tx: Db): Promise<Written> {
  const [row] = await tx<[{ added: number; hours: readonly Date[]; listens: readonly Stored[] }]>`
    with staged as materialized (
      select distinct on (client_at, id) * from staged_events order by client_at, id
    ), added as (
      insert into analytics_events (
        id, client_at, at, received_at, type, user_id, visitor, session_id, track_id, version_id, play_id, product_id,
        playlist_id, owner_id, source, country, device, filtered, is_late, is_clamped, heard_from_ms, heard_to_ms,
        properties
      )
      select
        s.id, s.client_at, s.at, s.received_at, s.type, u.id, case when not s.is_anonymous then s.visitor end,
        case when not s.is_anonymous then s.session_id end, s.track_id, s.version_id,
        s.play_id, s.product_id, s.playlist_id, coalesce(t.owner_id, pr.seller_id, pl.owner_id, o.id), s.source,
        s.country, s.device, s.filtered, s.is_late, s.is_clamped, s.heard_from_ms, s.heard_to_ms, s.properties
      from staged s
      left join users u on u.id = s.user_id and u.deleted_at is null and not s.is_anonymous
      left join tracks t on t.id = s.track_id
      left join products pr on pr.id = s.product_id
      left join playlists pl on pl.id = s.playlist_id
      left join users o on o.id = s.profile_id
      order by s.client_at, s.id
      on conflict do nothing
      returning client_at, id, at
    ), heard as (
      select
        s.issued_at, s.play_id, s.track_id, s.version_id,
        min(s.at - make_interval(secs => coalesce(s.heard_to_ms - s.heard_from_ms, 0) / 1000.0)) as started_at,
        max(s.at) as last_at,
        max(s.received_at) as last_received_at,
        coalesce(
          range_agg(int4range(s.heard_from_ms, s.heard_to_ms)) filter (
            where s.type = 'play_heartbeat' and s.heard_to_ms - s.heard_from_ms >= ${shortestHeardMs}
          ), '{}'
        ) as heard,
        bool_or(s.is_anonymous) as is_anonymous,
        (array_agg(s.play_user_id))[1] as user_id,
        (array_agg(s.play_visitor))[1] as visitor,
        ${strongest(tx, tx`min(array_position(${order(tx)}, s.filtered))`)} as filtered,
        min(s.source) as source, min(s.country) as country, min(s.device) as device
      from staged s join added using (client_at, id)
      where s.play_id is not null
      group by s.issued_at, s.play_id, s.track_id, s.version_id
    ), folded as (
      insert into listens as kept (
        id, issued_at, track_id, version_id, owner_id, user_id, visitor, started_at, last_at, last_received_at, heard,
        listened_ms, duration_ms, is_complete, is_anonymous, is_play, filtered, source, country, device
      )
      select
        h.play_id, h.issued_at, h.track_id, h.version_id, t.owner_id, case when not h.is_anonymous then u.id end,
        case when not h.is_anonymous then h.visitor end, greatest(h.started_at, h.issued_at),
        greatest(h.last_at, h.issued_at), h.last_received_at, whole.heard, sum.listened_ms, v.duration_ms,
        ${isComplete(tx, tx`sum.listened_ms`, tx`v.duration_ms`)}, h.is_anonymous, p.id is not null, h.filtered,
        h.source, h.country, h.device
      from heard h
      join tracks t on t.id = h.track_id
      join track_versions v on v.id = h.version_id and v.track_id = t.id
      left join users u on u.id = h.user_id and u.deleted_at is null
      left join plays p on p.issued_at = h.issued_at and p.id = h.play_id
      cross join lateral (
        select case when v.duration_ms is null then h.heard else h.heard * int4multirange(int4range(0, v.duration_ms)) end
          as heard
      ) whole
      cross join lateral (
        select ${listened(tx, tx`whole.heard`, tx`h.last_received_at`, tx`h.issued_at`)} as listened_ms
      ) sum
      order by h.issued_at, h.play_id
      on conflict (issued_at, id) do update set
        user_id = case when not excluded.is_anonymous then kept.user_id end,
        visitor = case when not excluded.is_anonymous then kept.visitor end,
        started_at = least(kept.started_at, excluded.started_at),
        last_at = greatest(kept.last_at, excluded.last_at),
        last_received_at = greatest(kept.last_received_at, excluded.last_received_at),
        heard = kept.heard + excluded.heard,
        listened_ms = ${listenedOfBoth(tx)},
        is_complete = ${isComplete(tx, listenedOfBoth(tx), tx`kept.duration_ms`)},
        is_anonymous = kept.is_anonymous or excluded.is_anonymous,
        is_play = kept.is_play or excluded.is_play,
        filtered = ${strongest(
          tx,
          tx`least(array_position(${order(tx)}, kept.filtered), array_position(${order(tx)}, excluded.filtered))`,
        )},
        source = least(kept.source, excluded.source),
        country = least(kept.country, excluded.country),
        device = least(kept.device, excluded.device)
      returning
        new.id, new.issued_at, new.track_id, new.owner_id, new.started_at,
        coalesce(old.started_at, new.started_at) as began_at, new.listened_ms, new.duration_ms, new.is_complete,
        new.is_anonymous, new.is_play, new.filtered, new.source, new.country, new.device
    )
    select
      (select count(*)::int from added) as added,
      (select coalesce(array_agg(distinct date_trunc('hour', at, 'UTC')), '{}') from added) as hours,
      (select coalesce(jsonb_agg(to_jsonb(folded)), '[]') from folded) as listens
  `
  return { ...row, listens: row.listens.map(toListen) }
}

const toListen = (stored: Stored): FoldedListen => ({
  ...stored,
  issued_at: new Date(stored.issued_at),
  started_at: new Date(stored.started_at),
  began_at: new Date(stored.began_at),
})

const order = (tx: Db): Fragment => tx`${[...filters]}::text[]`

/** Of several reasons the first of the list. */
const strongest = (tx: Db, place: Fragment): Fragment => tx`(${order(tx)})[${place}]`

/** Nobody has heard more than there was time for. */
const listened = (tx: Db, heard: Fragment, receivedAt: Fragment, issuedAt: Fragment): Fragment => tx`
  least(
    heard_ms(${heard}),
    greatest(0, extract(epoch from ${receivedAt} - ${issuedAt}) * 1000 + ${clockLeewayMs}::int)::int
  )
`

const listenedOfBoth = (tx: Db): Fragment =>
  listened(
    tx,
    tx`kept.heard + excluded.heard`,
    tx`greatest(kept.last_received_at, excluded.last_received_at)`,
    tx`kept.issued_at`,
  )

const isComplete = (tx: Db, listenedMs: Fragment, durationMs: Fragment): Fragment =>
  tx`coalesce(${listenedMs} >= ${completeShare}::float8 * ${durationMs}, false)`
