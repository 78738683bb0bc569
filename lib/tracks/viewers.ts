import type { Actor } from '../auth/actor.ts'
import { hashToken } from '../auth/one-time-tokens.ts'
import type { Sql } from '../db/client.ts'
import { findLiveShare } from './shares/repository.ts'
import type { Viewer } from './visibility.ts'

/** Ours have 43 characters; nothing is computed for what is far longer. */
const longestToken = 100

export interface ViewerDependencies {
  readonly sql: Sql
  readonly now: () => Date
}

/** Makes out who asks, and which secret link they hold. A token that is no good is as good as none. */
export function createViewers({ sql, now }: ViewerDependencies) {
  return async (actor: Pick<Actor, 'id'> | undefined, shareToken: string | undefined): Promise<Viewer> => {
    const id = actor?.id
    if (!shareToken || shareToken.length > longestToken) return { id }
    const at = now()
    const share = await findLiveShare(sql, hashToken(shareToken), at)
    return { id, share: share && { id: share.id, at } }
  }
}
