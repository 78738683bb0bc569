import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { pageById } from '../http/id-page.ts'
import { findBalance, listOwnEntries } from './repository.ts'
import type { Balance, ListEntries } from './schemas.ts'

export type LedgerService = ReturnType<typeof createLedgerService>

/** What somebody reads of their own money. */
export const createLedgerService = ({ sql }: { readonly sql: Sql }) => ({
  getBalance: ({ id }: Actor): Promise<Balance> => findBalance(sql, id),

  listEntries({ id }: Actor, { limit, cursor, ...filters }: ListEntries) {
    const scope = `ledger:${id}:${JSON.stringify(filters)}`
    return pageById(scope, { limit, cursor }, (before, many) =>
      listOwnEntries(sql, id, filters, before, many),
    )
  },
})
