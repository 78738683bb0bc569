import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { AppError, type FieldError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import {
  type DiscountRow,
  disableDiscount,
  findDiscount,
  insertDiscount,
  listDiscounts,
  listUnknownProducts,
  lockDiscount,
  type NewDiscount,
  updateDiscount,
} from './repository.ts'
import type { CreateDiscount, UpdateDiscount } from './schemas.ts'

export interface DiscountDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type DiscountService = ReturnType<typeof createDiscountService>

export function createDiscountService({ sql, now = () => new Date() }: DiscountDependencies) {
  return {
    async create(actor: Actor, given: CreateDiscount): Promise<DiscountRow> {
      const at = now()
      const { percent_bps = null, amount = null, currency = null, starts_at = at, ...rest } = given
      const discount = { ...rest, percent_bps, amount, currency, starts_at }
      mustMakeSense(discount)
      await mustBeSold(sql, actor.id, discount.product_ids)
      const row = await insertDiscount(sql, actor.id, discount, at)
      if (!row) throw new AppError('discount_code_taken')
      return row
    },

    list: (actor: Actor, query: PageQuery) =>
      pageById(`discounts:${actor.id}`, query, (before, limit) =>
        listDiscounts(sql, actor.id, { before, limit }),
      ),

    async get(actor: Actor, discountId: string): Promise<DiscountRow> {
      const row = await findDiscount(sql, actor.id, discountId)
      if (!row) throw new AppError('not_found')
      return row
    },

    update: (actor: Actor, discountId: string, changes: UpdateDiscount, confirm: Confirm) =>
      sql.begin(async (tx) => {
        const row = await lock(tx, actor, discountId, confirm)
        if (Object.keys(changes).length === 0) return row
        mustStayOfItsKind(row, changes)
        const changed = { ...row, ...changes } as DiscountRow
        mustMakeSense(changed)
        if (changed.max_uses !== null && changed.max_uses < row.uses) throw invalid(alreadyUsed(row.uses))
        await mustBeSold(tx, actor.id, changes.product_ids)
        return updateDiscount(tx, changed, now())
      }),

    remove: (actor: Actor, discountId: string, confirm: Confirm): Promise<void> =>
      sql.begin(async (tx) => {
        await lock(tx, actor, discountId, confirm)
        await disableDiscount(tx, discountId, now())
      }),
  }
}

async function lock(tx: Db, actor: Actor, discountId: string, confirm: Confirm): Promise<DiscountRow> {
  const row = await lockDiscount(tx, actor.id, discountId)
  if (!row) throw new AppError('not_found')
  confirm(row)
  return row
}

function mustMakeSense({ starts_at, ends_at }: Pick<NewDiscount, 'starts_at' | 'ends_at'>): void {
  if (ends_at === null || ends_at > starts_at) return
  throw invalid({ pointer: '#/body/ends_at', code: 'not_ahead', detail: 'It must end after it begins' })
}

function mustStayOfItsKind({ percent_bps }: DiscountRow, changes: UpdateDiscount): void {
  const other = percent_bps === null ? 'percent_bps' : 'amount'
  if (changes[other] === undefined) return
  const detail = 'A percentage stays a percentage, and an amount an amount'
  throw invalid({ pointer: `#/body/${other}`, code: 'not_of_this_kind', detail })
}

async function mustBeSold(db: Db, sellerId: string, productIds: readonly string[] | null | undefined) {
  if (!productIds) return
  const unknown = await listUnknownProducts(db, sellerId, productIds)
  if (unknown.length > 0) throw invalid(...unknown.map((id) => unknownProduct(productIds.indexOf(id))))
}

const unknownProduct = (at: number): FieldError => ({
  pointer: `#/body/product_ids/${at}`,
  code: 'product_not_found',
  detail: 'There is no such product of yours',
})

const alreadyUsed = (uses: number): FieldError => ({
  pointer: '#/body/max_uses',
  code: 'too_small',
  detail: `It was used ${uses} times already`,
})

const invalid = (...errors: readonly FieldError[]) => new AppError('validation_failed', undefined, { errors })
