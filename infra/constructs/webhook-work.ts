import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { QueueWorker } from './queue-worker.ts'
import type { ServiceFunction } from './service-function.ts'

/**
 * Webhooks on their way out. The sender calls addresses that anybody may name: so it stands outside the VPC, reaches no
 * data, and has one key, that of the messages it is handed. What came of them goes back by a queue.
 */
export class WebhookWork extends Construct {
  readonly sender: QueueWorker
  readonly results: QueueWorker
  private readonly on: Foundation

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id)
    this.on = foundation
    this.sender = this.createSender()
    this.results = this.createResults()
  }

  private createSender() {
    const { stage, alarms, webhooks, webhookResults, secrets } = this.on
    const sender = new QueueWorker(this, 'webhook-worker', {
      stage,
      alarms,
      name: 'webhook-worker',
      memorySize: 512,
      queue: webhooks,
      environment: {
        WEBHOOKS_QUEUE_URL: webhooks.queue.queueUrl,
        WEBHOOK_RESULTS_QUEUE_URL: webhookResults.queue.queueUrl,
        WEBHOOK_SECRET_ARN: secrets.webhook.secretArn,
        WEBHOOK_ALLOW_LOCAL: String(stage.webhooksAllowLocal),
      },
    })
    sender.grantSecret(secrets.webhook)
    sender.grantSend(webhookResults.queue)
    return sender
  }

  private createResults() {
    const { stage, alarms, database, webhookResults, events } = this.on
    const results = new QueueWorker(this, 'webhook-results-worker', {
      stage,
      alarms,
      database,
      name: 'webhook-results-worker',
      memorySize: 512,
      queue: webhookResults,
      environment: {
        WEBHOOK_RESULTS_QUEUE_URL: webhookResults.queue.queueUrl,
        EVENTS_QUEUE_URL: events.queue.queueUrl,
        ...dispatchSettings(this.on),
      },
    })
    grantDispatch(results, this.on)
    results.grantSend(events.queue)
    return results
  }
}

/** Of a function that hands webhooks to the sender: it opens their secrets and seals the messages. */
export const dispatchSettings = ({ webhooks, secrets }: Foundation) => ({
  WEBHOOKS_QUEUE_URL: webhooks.queue.queueUrl,
  WEBHOOK_SECRET_ARN: secrets.webhook.secretArn,
  FIELD_SECRET_ARN: secrets.field.secretArn,
})

export function grantDispatch(to: ServiceFunction, { webhooks, secrets }: Foundation) {
  to.grantSecret(secrets.webhook)
  to.grantSecret(secrets.field)
  to.grantSend(webhooks.queue)
}
