import { ArnFormat, Duration, Fn, Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { loggedMetric } from './logged-metric.ts'
import { QueueWorker } from './queue-worker.ts'
import { ServiceFunction } from './service-function.ts'
import { dispatchSettings, grantDispatch } from './webhook-work.ts'

/** What follows a committed change or the clock: the relay, the worker that acts on events, and the scheduler. */
export class EventFunctions extends Construct {
  readonly relay: ServiceFunction
  readonly jobs: QueueWorker
  readonly scheduler: ServiceFunction
  private readonly on: Foundation

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id)
    this.on = foundation
    this.relay = this.createRelay()
    this.jobs = this.createJobs()
    this.scheduler = this.createScheduler()
  }

  /** Sends what a request could not send right after its commit. It ends before the next minute's run. */
  private createRelay() {
    const { stage, alarms, database, events } = this.on
    const relay = new ServiceFunction(this, 'outbox-relay', {
      stage,
      alarms,
      database,
      name: 'outbox-relay',
      memorySize: 256,
      timeout: Duration.seconds(50),
      environment: { EVENTS_QUEUE_URL: events.queue.queueUrl },
    })
    relay.grantSend(events.queue)
    return relay
  }

  private createJobs() {
    const { stage, alarms, database, events, analysis, stripe, secrets, storage, parameters, mailFeedback } =
      this.on
    const jobs = new QueueWorker(this, 'jobs-worker', {
      stage,
      alarms,
      database,
      name: 'jobs-worker',
      memorySize: 512,
      queue: events,
      environment: {
        EVENTS_QUEUE_URL: events.queue.queueUrl,
        ANALYSIS_QUEUE_URL: analysis.queue.queueUrl,
        STRIPE_QUEUE_URL: stripe.queue.queueUrl,
        SCAN_QUEUE_URL: storage.scanQueue.queue.queueUrl,
        METADATA_QUEUE_URL: storage.metadataQueue.queue.queueUrl,
        EXPORTS_BUCKET: storage.exports.bucketName,
        MAIL_FROM: parameters.mailFrom,
        MAIL_CONFIGURATION_SET: mailFeedback.configurationSet,
        // Where the readers of a mail say that they want no more of its kind.
        API_URL: parameters.apiUrl,
        APP_URL: parameters.appUrl,
        STREAM_SERVER_URL: parameters.streamServerUrl,
        STREAM_JOB_SECRET_ARN: secrets.streamJob.secretArn,
        ...dispatchSettings(this.on),
      },
    })
    grantDispatch(jobs, this.on)
    jobs.allow(
      ['ses:SendEmail'],
      ...this.senderIdentities(parameters.mailFrom),
      mailFeedback.configurationSetArn,
    )
    jobs.grantSecret(secrets.streamJob)
    jobs.allowObjects(['s3:PutObject'], storage.exports, 'exports/accounts/')
    jobs.grantSend(events.queue)
    jobs.grantSend(analysis.queue)
    jobs.grantSend(stripe.queue)
    this.watchStreams(jobs)
    jobs.grantSend(storage.scanQueue.queue)
    jobs.grantSend(storage.metadataQueue.queue)
    return jobs
  }

  /** Sweepers and the like; what one run cannot finish is left to the next. */
  private createScheduler() {
    const { stage, alarms, database, stripe, storage } = this.on
    const scheduler = new ServiceFunction(this, 'scheduler', {
      stage,
      alarms,
      database,
      name: 'scheduler',
      memorySize: 256,
      timeout: Duration.minutes(5),
      environment: {
        EXPORTS_BUCKET: storage.exports.bucketName,
        MEDIA_BUCKET: storage.media.bucketName,
        UPLOADS_BUCKET: storage.uploads.bucketName,
        DEFINITIONS_BUCKET: storage.definitions.bucketName,
        SCAN_QUEUE_URL: storage.scanQueue.queue.queueUrl,
        STRIPE_QUEUE_URL: stripe.queue.queueUrl,
        RESCAN_DAYS: String(stage.rescan.days),
        RESCAN_PER_MINUTE: String(stage.rescan.perMinute),
        ...dispatchSettings(this.on),
      },
    })
    grantDispatch(scheduler, this.on)
    scheduler.allow(['s3:GetObject'], storage.definitions.arnForObjects('definitions/current.json'))
    scheduler.grantSend(storage.scanQueue.queue)
    scheduler.grantSend(stripe.queue)
    scheduler.allowObjects(['s3:DeleteObject'], storage.exports, 'exports/accounts/')
    // Of what was stored before versions were kept on record, none can be named.
    scheduler.allowObjects(['s3:DeleteObject', 's3:DeleteObjectVersion'], storage.media, 'originals/')
    for (const prefix of ['images/', 'licensed/', 'waveforms/', 'previews/']) {
      scheduler.allowObjects(['s3:DeleteObject'], storage.media, prefix)
    }
    // Completes and throws away what a crash has left in parts; it reads none of it.
    scheduler.allowObjects(
      ['s3:PutObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
      storage.uploads,
      'uploads/',
    )
    scheduler.allow(['s3:ListBucketVersions'], storage.uploads.bucketArn)
    this.watchCounts(scheduler)
    this.watchWebhooks(scheduler)
    this.watchMoney(scheduler)
    return scheduler
  }

  private watchStreams(jobs: ServiceFunction) {
    this.on.alarms.watch('stream-tries', {
      metric: loggedMetric(jobs, 'stream_tries_failed'),
      above: 4,
      periods: 3,
      description: 'The stream server does not take jobs; what was uploaded is tried again for four hours',
    })
    this.on.alarms.watch('stream-jobs', {
      metric: loggedMetric(jobs, 'stream_jobs_given_up'),
      above: 0,
      description: 'The stream server has not done a job in eight tries, and its uploader was told so',
    })
  }

  private watchCounts(scheduler: ServiceFunction) {
    this.on.alarms.watch('count-drift', {
      metric: loggedMetric(scheduler, 'count_drift'),
      above: 0,
      description: 'A counter was not what its rows say; it has been corrected, the cause has not',
    })
  }

  /** The sweep tries every minute what anybody else could not hand over. */
  private watchWebhooks(scheduler: ServiceFunction) {
    this.on.alarms.watch('webhooks-unsent', {
      metric: loggedMetric(scheduler, 'webhooks_unsent'),
      above: 0,
      periods: 3,
      description: 'Webhooks cannot be handed to their sender; they wait in the database',
    })
    this.on.alarms.watch('webhooks-lost', {
      metric: loggedMetric(scheduler, 'webhooks_lost'),
      above: 20,
      description: 'Nothing was heard of webhooks that were handed to the sender; they are handed over again',
    })
  }

  private watchMoney(scheduler: ServiceFunction) {
    this.on.alarms.watch('money-breaches', {
      metric: loggedMetric(scheduler, 'money_breaches'),
      above: 0,
      description: 'Something that must always be true of the ledger, orders and licences is not',
    })
  }

  /** SES asks about the narrowest identity it knows: the address, or else its domain. */
  private senderIdentities(address: string) {
    const domain = Fn.select(1, Fn.split('@', address))
    return [address, domain].map((identity) =>
      Stack.of(this).formatArn({
        service: 'ses',
        resource: 'identity',
        resourceName: identity,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    )
  }
}
