import { ArnFormat, Duration, Stack } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { CfnConfigurationSet, CfnConfigurationSetEventDestination } from 'aws-cdk-lib/aws-ses'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'
import type { Alarms } from './alarms.ts'
import { deadLetterSettings, type WorkQueue } from './work-queue.ts'

export interface MailFeedbackProps {
  readonly stage: StageConfig
  readonly alarms: Alarms
  /** Where our events go. */
  readonly events: WorkQueue
}

/**
 * What becomes of the mails that are sent: SES tells it to the default event bus, and two rules hand it on as events
 * of ours, with no more of the mail in them than whom it was for.
 */
export class MailFeedback extends Construct {
  readonly configurationSet: string
  readonly configurationSetArn: string
  readonly deadLetters: Queue
  private readonly props: MailFeedbackProps

  constructor(scope: Construct, id: string, props: MailFeedbackProps) {
    super(scope, id)
    this.props = props
    this.configurationSet = resourceName(props.stage, 'mail')
    this.configurationSetArn = Stack.of(this).formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: this.configurationSet,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    })
    this.createConfigurationSet()
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: resourceName(props.stage, 'mail-feedback-dlq'),
      ...deadLetterSettings,
    })
    acknowledge(this.deadLetters, 'AwsSolutions-SQS3', 'It is the dead-letter queue of both rules')
    this.createRule('Bounces', 'Email Bounced', {
      kind: 'bounce',
      bounce_type: EventField.fromPath('$.detail.bounce.bounceType'),
      recipients: EventField.fromPath('$.detail.bounce.bouncedRecipients'),
      as_of: EventField.fromPath('$.detail.mail.timestamp'),
    })
    this.createRule('Complaints', 'Email Complaint Received', {
      kind: 'complaint',
      recipients: EventField.fromPath('$.detail.complaint.complainedRecipients'),
      as_of: EventField.fromPath('$.detail.complaint.timestamp'),
    })
    this.watch()
  }

  /** Which addresses get nothing is our own to say: the list of the account would outlast an address that works again. */
  private createConfigurationSet() {
    const set = new CfnConfigurationSet(this, 'ConfigurationSet', {
      name: this.configurationSet,
      reputationOptions: { reputationMetricsEnabled: true },
      suppressionOptions: { suppressedReasons: [] },
    })
    const destination = new CfnConfigurationSetEventDestination(this, 'EventDestination', {
      configurationSetName: this.configurationSet,
      eventDestination: {
        name: 'default-event-bus',
        enabled: true,
        matchingEventTypes: ['BOUNCE', 'COMPLAINT'],
        eventBridgeDestination: {
          eventBusArn: Stack.of(this).formatArn({
            service: 'events',
            resource: 'event-bus',
            resourceName: 'default',
          }),
        },
      },
    })
    destination.addResourceDependency(set)
  }

  private createRule(id: string, detailType: string, about: Readonly<Record<string, string>>) {
    const { stage, events } = this.props
    const rule = new Rule(this, id, {
      ruleName: resourceName(stage, `mail-${id.toLowerCase()}`),
      eventPattern: {
        source: ['aws.ses'],
        detailType: [detailType],
        // Other stages of the account have other sets.
        detail: { mail: { tags: { 'ses:configuration-set': [this.configurationSet] } } },
      },
    })
    const message = RuleTargetInput.fromObject({
      id: EventField.fromPath('$.id'),
      type: 'mail.feedback',
      payload: {
        ...about,
        message_id: EventField.fromPath('$.detail.mail.messageId'),
      },
      request_id: null,
      created_at: EventField.fromPath('$.time'),
    })
    rule.addTarget(new SqsQueue(events.queue, { message, deadLetterQueue: this.deadLetters }))
  }

  /** AWS looks at an account from 5 % bounces or 0.1 % complaints on, and stops its mail at twice to five times that. */
  private watch() {
    const { alarms } = this.props
    const rate = (metricName: string) =>
      new Metric({
        namespace: 'AWS/SES',
        metricName,
        statistic: 'Average',
        period: Duration.hours(1),
        dimensionsMap: { 'ses:configuration-set': this.configurationSet },
      })
    alarms.watch('mail-bounces', {
      metric: rate('Reputation.BounceRate'),
      above: 0.05,
      description: 'More than one mail in twenty comes back; SES stops the mail of the account at one in ten',
    })
    alarms.watch('mail-complaints', {
      metric: rate('Reputation.ComplaintRate'),
      above: 0.001,
      description: 'More than one mail in a thousand is called unwanted; SES stops the mail of the account',
    })
    alarms.watchDeadLetters('mail-feedback', this.deadLetters)
  }
}
