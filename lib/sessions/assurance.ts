import type { Db } from '../db/client.ts'
import { markAssured } from './repository.ts'

/** The user has passed a second factor in this session; its next access token says so. */
export async function raiseAssurance(tx: Db, sessionId: string): Promise<void> {
  await markAssured(tx, sessionId)
}
