import type { SealedField, SealedRow } from '../auth/reseal.ts'

/** What authenticator apps were given. */
export const sealedFactors: SealedField = {
  name: 'totp_factors',

  list: async (db, { kid }, after, limit) => db<SealedRow[]>`
    select user_id as id, sealed_secret as sealed
    from totp_factors
    where kid <> ${kid} and (${after}::uuid is null or user_id > ${after}::uuid)
    order by user_id
    limit ${limit}
  `,

  async replace(db, { id, sealed }, next, { kid }) {
    const { count } = await db`
      update totp_factors set sealed_secret = ${next}, kid = ${kid}
      where user_id = ${id} and sealed_secret = ${sealed}
    `
    return count === 1
  },
}
