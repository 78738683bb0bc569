import { createChance } from './chance.ts'
import { type Library, makeId, present, userId } from './library.ts'
import type { Load } from './load.ts'

interface Notification {
  readonly id: string
  readonly recipient: number
  readonly kind: 'follow' | 'track_like' | 'track_repost'
  readonly track: number | undefined
  readonly is_read: boolean
  /** The later ones last. */
  readonly actors: readonly number[]
  readonly at: number
  /** How many happenings there are before it. */
  readonly first: number
}

const dayMs = 86_400_000
const sinceDays = 90

/** Of the last months, oldest first; of what is unread there is one of a kind about a thing. */
function* notifications({ scale, isViewer, isApart, tracksByOwner }: Library): Generator<Notification> {
  const chance = createChance(15)
  let [made, happened] = [0, 0]
  for (let recipient = 0; recipient < scale.users; recipient++) {
    const tracks = tracksByOwner(recipient)
    const count = isViewer(recipient) ? 100 : chance.below(10)
    const open = new Set<string>()
    for (let place = 0; place < count; place++) {
      const track = tracks.length > 0 && chance.next() < 0.8 ? chance.pick(tracks) : undefined
      const kind = track === undefined ? 'follow' : chance.pick(['track_like', 'track_repost'] as const)
      const key = `${kind} ${track}`
      const is_read = place < count * 0.6 || open.has(key)
      if (!is_read) open.add(key)
      const wanted = Array.from({ length: 1 + chance.below(3) }, () => chance.below(scale.users))
      const actors = [...new Set(wanted)].filter((actor) => actor !== recipient && !isApart(actor, recipient))
      if (actors.length === 0) continue
      const at = present - sinceDays * dayMs + Math.floor((sinceDays * dayMs * (place + 1)) / (count + 1))
      const id = makeId('notification', made++, at)
      yield { id, recipient, kind, track, is_read, actors, at, first: happened }
      happened += actors.length
    }
  }
}

const eventId = ({ first, at }: Notification, place: number) => makeId('event', first + place, at)

function* notificationRows(library: Library) {
  for (const one of notifications(library)) {
    const track = one.track === undefined ? null : library.trackId(one.track)
    const recipient = userId(one.recipient)
    const last = eventId(one, one.actors.length - 1)
    const at = new Date(one.at)
    const read = one.is_read ? new Date(one.at + 3_600_000) : null
    yield [one.id, recipient, one.kind, track ?? recipient, track, one.actors.length, last, read, at, at]
  }
}

function* actorRows(library: Library) {
  for (const one of notifications(library)) {
    for (const [place, actor] of one.actors.entries()) yield [one.id, userId(actor), eventId(one, place)]
  }
}

export const notificationLoads = (library: Library): readonly Load[] => [
  {
    table: 'notifications',
    columns: [
      'id',
      'recipient_id',
      'kind',
      'subject_id',
      'track_id',
      'actor_count',
      'last_event_id',
      'read_at',
      'created_at',
      'updated_at',
    ],
    count: library.scale.users * 5,
    rows: notificationRows(library),
  },
  {
    table: 'notification_actors',
    columns: ['notification_id', 'actor_id', 'event_id'],
    count: library.scale.users * 10,
    rows: actorRows(library),
  },
]
