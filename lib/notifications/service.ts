import type { Sql } from '../db/client.ts'
import type { Happening } from './kinds.ts'
import { insertNotification } from './repository.ts'

export interface NotificationDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export function createNotificationService({ sql, now = () => new Date() }: NotificationDependencies) {
  return {
    /** Writes down what happened for whom it concerns, unless they would not hear of it. */
    async deliver(happening: Happening): Promise<void> {
      if (happening.actor_id === happening.recipient_id) return
      await insertNotification(sql, happening, now())
    },
  }
}
