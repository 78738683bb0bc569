import { randomBytes } from 'node:crypto'
import { ACCOUNT, REGION, type Template } from '../template.ts'
import type { EventBus } from './event-bus.ts'

export interface SentMail {
  readonly messageId: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly configurationSet: string | undefined
  readonly at: Date
}

/** What SES's mailbox simulator does with mail to each of its addresses, and to labels of them. */
const simulated = /^(bounce|ooto|complaint|suppressionlist|success)(\+[^@]*)?@simulator\.amazonses\.com$/i

interface Destination {
  readonly set: string
  readonly events: readonly string[]
}

/**
 * Tells the event bus what became of a mail to the simulator, if the mail names a configuration set that has SES tell
 * such things. Beyond SES's own addresses, `softbounce@` is one that does not take mail for a while.
 */
export function createMailSimulator(template: Pick<Template, 'ofType'>, bus: EventBus) {
  const destinations = template
    .ofType('AWS::SES::ConfigurationSetEventDestination')
    .map(({ properties }) => toDestination(properties))

  return async (mail: SentMail): Promise<void> => {
    for (const address of mail.to) {
      const told = tellingOf(address, mail.at)
      const isTold = destinations.some(
        ({ set, events }) => set === mail.configurationSet && events.includes(told?.event ?? ''),
      )
      if (!told || !isTold) continue
      await bus.publish({
        source: 'aws.ses',
        detailType: told.detailType,
        resources: [`arn:aws:ses:${REGION}:${ACCOUNT}:configuration-set/${mail.configurationSet}`],
        detail: { ...told.detail, mail: describe(mail) },
        at: mail.at,
      })
    }
  }
}

function toDestination(properties: Readonly<Record<string, unknown>>): Destination {
  const { Enabled, MatchingEventTypes, EventBridgeDestination } = properties.EventDestination as {
    Enabled?: boolean
    MatchingEventTypes: string[]
    EventBridgeDestination?: object
  }
  const isHere = Enabled === true && EventBridgeDestination !== undefined
  return { set: String(properties.ConfigurationSetName), events: isHere ? MatchingEventTypes : [] }
}

function tellingOf(address: string, at: Date) {
  const name = /^softbounce(\+[^@]*)?@simulator\.amazonses\.com$/i.test(address)
    ? 'softbounce'
    : simulated.exec(address)?.[1]?.toLowerCase()
  if (name === 'bounce') return bounce(address, at, ['Permanent', 'General', '5.1.1', 'user unknown'])
  if (name === 'suppressionlist')
    return bounce(address, at, ['Permanent', 'Suppressed', '5.1.1', 'suppressed'])
  if (name === 'softbounce') return bounce(address, at, ['Transient', 'MailboxFull', '4.2.2', 'mailbox full'])
  return name === 'complaint' ? complaint(address, at) : undefined
}

type Why = readonly [type: string, subType: string, status: string, words: string]

const bounce = (address: string, at: Date, [bounceType, bounceSubType, status, words]: Why) => ({
  event: 'BOUNCE',
  detailType: 'Email Bounced',
  detail: {
    eventType: 'Bounce',
    bounce: {
      feedbackId: feedbackId(),
      bounceType,
      bounceSubType,
      bouncedRecipients: [
        { emailAddress: address, action: 'failed', status, diagnosticCode: `smtp; 550 ${status} ${words}` },
      ],
      timestamp: at.toISOString(),
      reportingMTA: 'dns; amazonses.com',
    },
  },
})

const complaint = (address: string, at: Date) => ({
  event: 'COMPLAINT',
  detailType: 'Email Complaint Received',
  detail: {
    eventType: 'Complaint',
    complaint: {
      feedbackId: feedbackId(),
      complaintSubType: null,
      complainedRecipients: [{ emailAddress: address }],
      timestamp: at.toISOString(),
      userAgent: 'Amazon SES Mailbox Simulator',
      complaintFeedbackType: 'abuse',
      arrivalDate: at.toISOString(),
    },
  },
})

const feedbackId = () => `${randomBytes(8).toString('hex')}-${randomBytes(16).toString('hex')}-000000`

const describe = ({ messageId, from, to, subject, configurationSet, at }: SentMail) => ({
  timestamp: at.toISOString(),
  source: from,
  sendingAccountId: ACCOUNT,
  messageId,
  destination: to,
  headersTruncated: false,
  headers: [
    { name: 'From', value: from },
    { name: 'To', value: to.join(', ') },
    { name: 'Subject', value: subject },
  ],
  commonHeaders: { from: [from], to, messageId, subject },
  tags: { 'ses:configuration-set': [configurationSet] },
})
