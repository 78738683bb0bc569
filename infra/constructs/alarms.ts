import { Aws, Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { queues, resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'
import type { WorkQueue } from './work-queue.ts'

export interface Watched {
  readonly metric: IMetric
  /** What must be exceeded; 0 rings at the first sign. */
  readonly above: number
  /** Periods in a row that it must be exceeded for. */
  readonly periods?: number
  readonly description: string
}

/** One topic for every alarm of the stage; people and pagers subscribe to it. */
export class Alarms extends Construct {
  private readonly stage: StageConfig
  private readonly topic: Topic

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    this.stage = stage
    this.topic = new Topic(this, 'Topic', { topicName: resourceName(stage, 'alarms'), enforceSSL: true })
    // Its own policy replaces the one that lets every alarm of the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    acknowledge(
      this.topic,
      'AwsSolutions-SNS2',
      'Messages name an alarm and hold no data; a key that CloudWatch may use costs more than the topic',
    )
  }

  watch(name: string, { metric, above, periods = 1, description }: Watched) {
    new Alarm(this, name, {
      alarmName: resourceName(this.stage, name),
      alarmDescription: description,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.topic))
  }

  watchQueue({ name, queue, deadLetters }: WorkQueue) {
    this.watchDeadLetters(name, deadLetters)
    this.watch(`${name}-age`, {
      metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'max' }),
      above: queues[name].maxAge.toSeconds(),
      periods: 3,
      description: `The ${name} queue is not being worked off`,
    })
  }

  watchDeadLetters(name: string, deadLetters: IQueue) {
    this.watch(`${name}-dlq`, {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'max',
      }),
      above: 0,
      description: `Messages of ${name} were given up; redrive them once the cause is gone`,
    })
  }
}
