import type { Db } from '../db/client.ts'

/** Finds what a rule is broken by. */
export type Rule = (db: Db) => PromiseLike<{ subject: string }[]>
