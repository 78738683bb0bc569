import type { Template } from '../template.ts'
import type { Logger } from './logger.ts'
import { type Objects, openObjects } from './s3.ts'
import { openSecrets, type Secrets } from './secrets.ts'
import { type Mailbox, openMailbox } from './ses.ts'
import { openQueues, type Queues } from './sqs.ts'

/** What stands behind the front door. None of it can be reached but through it. */
export interface BackEnds {
  readonly objects: Objects
  readonly queues: Queues
  readonly secrets: Secrets
  readonly mailbox: Mailbox
  close(): Promise<void>
}

export async function startBackEnds(options: {
  readonly template: Pick<Template, 'ofType'>
  readonly dataDir: string
  readonly logger: Logger
  readonly mailboxPort?: number
  readonly now?: () => Date
}): Promise<BackEnds> {
  const { now = () => new Date(), mailboxPort } = options
  const [objects, queues, mailbox] = await Promise.all([
    openObjects(options),
    openQueues(options),
    openMailbox(mailboxPort === undefined ? {} : { port: mailboxPort }),
  ])
  return {
    objects,
    queues,
    mailbox,
    secrets: openSecrets({ ...options, now }),
    async close() {
      objects.close()
      await Promise.all([queues.close(), mailbox.close()])
    },
  }
}
