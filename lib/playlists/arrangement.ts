export interface PresentItem {
  readonly id: string
  readonly track_id: string
  /** Whether whoever arranges them sees it. */
  readonly is_shown: boolean
}

/** Without an id it is new. */
export interface Entry {
  readonly id: string | undefined
  readonly track_id: string
}

interface Arrangement {
  readonly entries: readonly Entry[]
  readonly removed: readonly string[]
}

/**
 * What becomes of the items when the list is to hold these tracks: those of tracks that stay remain, each time a
 * track is named one of them. What the editor does not see they cannot have meant to remove: it stays behind the
 * item that it followed.
 */
export function arrange(present: readonly PresentItem[], trackIds: readonly string[]): Arrangement {
  const unused = Map.groupBy(present.toReversed(), ({ track_id }) => track_id)
  const wanted = trackIds.map((track_id): Entry => ({ track_id, id: unused.get(track_id)?.pop()?.id }))
  const kept = new Set(wanted.map(({ id }) => id))
  const followers = followersOf(present, kept)
  const entries = [
    ...(followers.get(undefined) ?? []),
    ...wanted.flatMap((entry) => [entry, ...((entry.id && followers.get(entry.id)) || [])]),
  ]
  const removed = present.filter(({ id, is_shown }) => is_shown && !kept.has(id)).map(({ id }) => id)
  return { entries, removed }
}

/** The hidden items by the last one before them that is kept; undefined where there is none. */
function followersOf(present: readonly PresentItem[], kept: ReadonlySet<string | undefined>) {
  const followers = new Map<string | undefined, Entry[]>()
  let leader: string | undefined
  for (const { id, track_id, is_shown } of present) {
    if (kept.has(id)) leader = id
    else if (!is_shown) followers.set(leader, [...(followers.get(leader) ?? []), { id, track_id }])
  }
  return followers
}
