import type { Handlers } from '../../lib/http/route.ts'
import type { LedgerService } from '../../lib/ledger/service.ts'
import type { PayoutService } from '../../lib/payouts/service.ts'
import type { SalesService } from '../../lib/sales/service.ts'
import type { moneyRoutes } from './money-routes.ts'

export interface MoneyServices {
  readonly ledger: LedgerService
  readonly sales: SalesService
  readonly payouts: PayoutService
}

export const createMoneyHandlers = ({
  ledger,
  sales,
  payouts,
}: MoneyServices): Handlers<typeof moneyRoutes> => ({
  getBalance: ({ actor }) => ledger.getBalance(actor),
  listLedgerEntries: ({ actor, query }) => ledger.listEntries(actor, query),
  listSales: ({ actor, query }) => sales.list(actor, query),
  summarizeSales: ({ actor, query }) => sales.summarize(actor, query),
  requestPayout: ({ actor, body }) => payouts.request(actor, body),
  listPayouts: ({ actor, query }) => payouts.list(actor, query),
  getPayout: ({ actor, params }) => payouts.get(actor, params.payout_id),
  getPayoutStatement: ({ actor, params }) => payouts.linkStatement(actor, params.payout_id),
})
