import type { Logger } from '../aws/logger.ts'
import type { Context, TaskName } from './context.ts'
import { createDueLoop } from './due-loop.ts'
import { captureCharge } from './resources/charges.ts'
import { decideDispute } from './resources/dispute-evidence.ts'
import { disputeCharge } from './resources/disputes.ts'
import { arrive } from './resources/payouts.ts'
import { failRefund } from './resources/refunds.ts'
import type { Store } from './store.ts'

interface Task {
  readonly id: number
  readonly name: TaskName
  readonly subject: string
  readonly account: string
}

const handlers: Readonly<Record<TaskName, (context: Context, subject: string) => unknown>> = {
  capture_charge: captureCharge,
  close_dispute: decideDispute,
  dispute_charge: disputeCharge,
  fail_refund: failRefund,
  pay_payout: arrive,
}

/** What Stripe does by itself, a moment after a call; a restart does what is left. */
export function createTasks(options: {
  readonly store: Store
  readonly now: () => Date
  /** Runs the work as a call's is run: in a transaction, with its events told afterwards. */
  readonly perform: (account: string, work: (context: Context) => unknown) => unknown
  readonly logger: Logger
}) {
  const { database } = options.store
  const now = () => options.now().getTime()
  const loop = createDueLoop<Task>({
    now,
    next: () =>
      (database.prepare('select min(due_at) as at from tasks').get()?.at as number | null) ?? undefined,
    take: () =>
      database.prepare('select * from tasks where due_at <= ? order by id').all(now()) as unknown as Task[],
    run: ({ id, name, subject, account }) => {
      const forget = () => database.prepare('delete from tasks where id = ?').run(id)
      try {
        options.perform(account, (context) => {
          forget()
          handlers[name](context, subject)
        })
      } catch (error) {
        // Once is enough for what cannot be done.
        forget()
        throw error
      }
    },
    onError: (error) => options.logger.error(`Tasks: ${error instanceof Error ? error.stack : error}`),
  })
  return {
    wake: loop.wake,
    start(): void {
      database.prepare('update tasks set due_at = ?').run(now())
      loop.wake()
    },
    close: loop.close,
  }
}
