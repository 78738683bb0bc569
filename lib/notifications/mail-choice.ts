import type { Db } from '../db/client.ts'
import { findChoices } from './choices-repository.ts'
import type { NotificationKind } from './kinds.ts'
import { withDefaults } from './preferences.ts'

export async function isMailWanted(db: Db, userId: string, kind: NotificationKind): Promise<boolean> {
  const { choices = {} } = (await findChoices(db, userId)) ?? {}
  return withDefaults(choices)[kind].email
}
