import { CfnOutput, Duration, Lazy, Stack, type StackProps } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { routeGroups } from '../../functions/routes.ts'
import { type StageConfig, scheduledTasks } from '../config.ts'
import { Alarms } from '../constructs/alarms.ts'
import { AnalyticsWork } from '../constructs/analytics-work.ts'
import { ApiFunctions } from '../constructs/api-functions.ts'
import { chatServerPolicy, operatorPolicy, streamServerPolicy } from '../constructs/caller-policies.ts'
import { NetworkInterfacePolicy, throughProxy, toCluster } from '../constructs/database-access.ts'
import { watchDatabase } from '../constructs/database-alarms.ts'
import { EventFunctions } from '../constructs/event-functions.ts'
import type { Foundation } from '../constructs/foundation.ts'
import { FrontApi } from '../constructs/front-api.ts'
import { KeyRotation } from '../constructs/key-rotation.ts'
import { MailFeedback } from '../constructs/mail-feedback.ts'
import { MediaPipeline } from '../constructs/media-pipeline.ts'
import { Migration } from '../constructs/migration.ts'
import { Operations } from '../constructs/operations.ts'
import { declareParameters } from '../constructs/parameters.ts'
import { Schedules } from '../constructs/schedules.ts'
import { StripeWork } from '../constructs/stripe-work.ts'
import { VirusDefinitions } from '../constructs/virus-definitions.ts'
import { WebhookWork } from '../constructs/webhook-work.ts'
import { WorkQueue } from '../constructs/work-queue.ts'
import type { DataStack } from './data-stack.ts'
import type { StorageStack } from './storage-stack.ts'

export interface AppStackProps extends StackProps {
  readonly stage: StageConfig
  readonly data: DataStack
  readonly storage: StorageStack
}

/** What changes with every release: functions, schedules, alarms. */
export class AppStack extends Stack {
  readonly api: HttpApi
  readonly functions: ApiFunctions

  constructor(scope: Construct, id: string, { stage, data, storage, ...props }: AppStackProps) {
    super(scope, id, props)
    const alarms = new Alarms(this, 'Alarms', stage)
    const events = new WorkQueue(this, 'Events', { stage, name: 'events' })
    const analysis = new WorkQueue(this, 'Analysis', { stage, name: 'analysis' })
    const stripe = new WorkQueue(this, 'Stripe', { stage, name: 'stripe' })
    const webhooks = new WorkQueue(this, 'Webhooks', { stage, name: 'webhooks' })
    const webhookResults = new WorkQueue(this, 'WebhookResults', { stage, name: 'webhook-results' })
    const analytics = new WorkQueue(this, 'Analytics', { stage, name: 'analytics' })
    const mailFeedback = new MailFeedback(this, 'MailFeedback', { stage, alarms, events })
    const schedules = new Schedules(this, 'Schedules', { stage, alarms })
    const { policy: networkPolicy } = new NetworkInterfacePolicy(this, 'NetworkInterfaces')
    const parameters = declareParameters(this, stage, {
      mediaDomain: storage.delivery.domainName,
      apiEndpoint: Lazy.string({ produce: () => this.api.apiEndpoint }),
    })
    this.api = new FrontApi(this, 'Gateway', { stage, alarms, corsOrigins: parameters.corsOrigins }).api
    const foundation: Foundation = {
      stage,
      alarms,
      storage,
      events,
      analysis,
      stripe,
      webhooks,
      webhookResults,
      analytics,
      mailFeedback,
      parameters,
      secrets: data.secrets,
      cacheUrl: data.valkey?.url,
      database: throughProxy(data, stage, networkPolicy),
    }

    const api = new ApiFunctions(this, 'Api', foundation)
    this.functions = api
    const media = new MediaPipeline(this, 'Media', foundation)
    const work = new EventFunctions(this, 'Work', foundation)
    const { worker: stripeWorker } = new StripeWork(this, 'StripeWork', foundation)
    const webhookWork = new WebhookWork(this, 'WebhookWork', foundation)
    const { worker: analyticsWorker } = new AnalyticsWork(this, 'AnalyticsWork', foundation)
    const { ops } = new Operations(this, 'Operations', foundation)
    const { rotator } = new KeyRotation(this, 'KeyRotation', foundation)
    const definitions = new VirusDefinitions(this, 'VirusDefinitions', foundation)
    definitions.watchAge(foundation, work.scheduler)
    const serving = [
      ...api.all,
      media.scan,
      media.metadata,
      media.analysis,
      work.relay,
      work.jobs,
      work.scheduler,
      stripeWorker,
      webhookWork.sender,
      webhookWork.results,
      analyticsWorker,
      ops,
      rotator,
      definitions.updater,
    ]
    const { migrate } = new Migration(this, 'Migration', {
      stage,
      alarms,
      database: toCluster(data, stage, networkPolicy),
      before: serving,
    })
    schedules.run('outbox-relay', work.relay, ScheduleExpression.rate(Duration.minutes(1)))
    schedules.run('definitions-updater', definitions.updater, ScheduleExpression.rate(Duration.hours(12)))
    for (const [task, every] of Object.entries(scheduledTasks)) {
      schedules.run(task, work.scheduler, ScheduleExpression.rate(every), { task })
    }
    watchDatabase(alarms, data.database, stage)

    const workQueues = [
      storage.scanQueue,
      storage.metadataQueue,
      analysis,
      events,
      stripe,
      webhooks,
      webhookResults,
      analytics,
    ]
    const operator = operatorPolicy(this, {
      queues: [
        ...workQueues.flatMap(({ queue, deadLetters }) => [queue, deadLetters]),
        schedules.deadLetters,
        mailFeedback.deadLetters,
      ],
      invocable: [migrate, work.relay, ops, rotator, definitions.updater],
      functions: [...serving, migrate],
      rotated: [data.secrets.jwt, data.secrets.field, data.secrets.webhook],
    })
    const streamServer = streamServerPolicy(this, this.api, routeGroups.internal)
    const chatServer = chatServerPolicy(this, this.api, routeGroups.internal.listRevocations)
    this.tell({
      ApiUrl: this.api.apiEndpoint,
      UploadsBucketName: storage.uploads.bucketName,
      MediaBucketName: storage.media.bucketName,
      PicturesUrl: parameters.mediaUrl,
      StreamServerPolicyArn: streamServer.managedPolicyArn,
      ChatServerPolicyArn: chatServer.managedPolicyArn,
      OperatorPolicyArn: operator.managedPolicyArn,
    })
  }

  private tell(outputs: Readonly<Record<string, string>>) {
    for (const [id, value] of Object.entries(outputs)) new CfnOutput(this, id, { value })
  }
}
