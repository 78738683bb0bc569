import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { loggedMetric } from './logged-metric.ts'
import { QueueWorker } from './queue-worker.ts'

/** What Stripe has told of, and what is to be done there. */
export class StripeWork extends Construct {
  readonly worker: QueueWorker

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id)
    const { stage, alarms, database, stripe, events, secrets, storage, parameters } = foundation
    this.worker = new QueueWorker(this, 'stripe-worker', {
      stage,
      alarms,
      database,
      name: 'stripe-worker',
      memorySize: 512,
      queue: stripe,
      environment: {
        STRIPE_QUEUE_URL: stripe.queue.queueUrl,
        EVENTS_QUEUE_URL: events.queue.queueUrl,
        STRIPE_SECRET_ARN: secrets.stripe.secretArn,
        STRIPE_API_URL: parameters.stripeApiUrl,
        LICENSE_KEY_SECRET_ARN: secrets.licenseKey.secretArn,
        EXPORTS_BUCKET: storage.exports.bucketName,
        API_URL: parameters.apiUrl,
      },
    })
    for (const secret of [secrets.stripe, secrets.licenseKey]) this.worker.grantSecret(secret)
    this.worker.grantSend(events.queue)
    this.worker.grantSend(stripe.queue)
    this.worker.allowObjects(['s3:PutObject'], storage.exports, 'exports/statements/')
    alarms.watch('stripe-calls', {
      metric: loggedMetric(this.worker, 'stripe_calls_failed'),
      above: 0,
      description: 'Stripe refused a refund, a payout or the like for good, or did not answer in eight tries',
    })
    alarms.watch('stripe-events', {
      metric: loggedMetric(this.worker, 'stripe_events_failed'),
      above: 0,
      description: 'What Stripe has told of could not be settled in eight tries',
    })
    alarms.watch('stripe-differences', {
      metric: loggedMetric(this.worker, 'money_breaches'),
      above: 0,
      description: 'The ledger and the balance at Stripe differ, and asking Stripe anew did not mend it',
    })
    alarms.watch('unexpected-payment', {
      metric: loggedMetric(this.worker, 'stripe_unexpected_payment'),
      above: 0,
      description:
        'Stripe has taken another amount or currency than an order asks for; the order stays unpaid',
    })
  }
}
