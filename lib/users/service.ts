import type { Sql } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { findUser, findUserIdByName, lockUser, markUpdated, type UserRow } from './repository.ts'
import type { UpdateUser } from './schemas.ts'

export interface UserDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type UserService = ReturnType<typeof createUserService>

export function createUserService({ sql, now = () => new Date() }: UserDependencies) {
  return {
    get: async (id: string): Promise<UserRow> => mustExist(await findUser(sql, id)),

    requireByName: async (username: string): Promise<void> => {
      mustExist(await findUserIdByName(sql, username))
    },

    /** `confirm` sees the present row before it changes, and may throw. */
    update: (id: string, changes: UpdateUser, confirm: (row: UserRow) => void): Promise<UserRow> =>
      sql.begin(async (tx) => {
        const row = mustExist(await lockUser(tx, id))
        confirm(row)
        return Object.keys(changes).length === 0 ? row : markUpdated(tx, id, changes, now())
      }),
  }
}

function mustExist<T>(row: T | undefined): T {
  if (!row) throw new AppError('not_found')
  return row
}
