import type { Db } from '../db/client.ts'
import type { Happening } from '../notifications/kinds.ts'
import { addToOutbox } from '../outbox.ts'
import type { Parent } from './repository.ts'

export interface Told {
  readonly id: string
  readonly track_id: string
  readonly author_id: string
  readonly artist_id: string
  readonly parent?: Parent | undefined
  readonly mentioned: readonly { readonly id: string }[]
}

/** Tells each person that it concerns once: whom it names, else whom it answers, else whose track it is on. */
export async function tellOfComment(tx: Db, comment: Told, requestId: string): Promise<void> {
  const kinds = new Map<string, Happening['kind']>([[comment.artist_id, 'comment']])
  if (comment.parent) kinds.set(comment.parent.author_id, 'comment_reply')
  for (const { id } of comment.mentioned) kinds.set(id, 'mention')
  await addToOutbox(tx, 'comment.created', { comment_id: comment.id }, requestId)
  await tell(tx, comment, kinds, requestId)
}

export const tellMentioned = (tx: Db, comment: Omit<Told, 'artist_id'>, requestId: string): Promise<void> =>
  tell(tx, comment, new Map(comment.mentioned.map(({ id }) => [id, 'mention'])), requestId)

async function tell(
  tx: Db,
  { id: comment_id, track_id, author_id }: Pick<Told, 'id' | 'track_id' | 'author_id'>,
  kinds: ReadonlyMap<string, Happening['kind']>,
  requestId: string,
) {
  for (const [recipient_id, kind] of kinds) {
    if (recipient_id === author_id) continue
    const happening = { kind, recipient_id, actor_id: author_id, track_id, comment_id }
    await addToOutbox(tx, 'notification.add', happening, requestId)
  }
}
