import { toAscii } from '../mail-feedback/address.ts'
import { clientSettings } from './client-settings.ts'

export interface OutgoingMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Beyond those that every mail has. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Mailer {
  send(mail: OutgoingMail): Promise<void>
}

export interface MailerSettings {
  readonly from: string
  /** By which SES tells what becomes of a mail. */
  readonly configurationSet: string
}

/** Sends one mail at a time by SES, from one address. */
export function createMailer({ from, configurationSet }: MailerSettings): Mailer {
  let loading: ReturnType<typeof loadClient> | undefined
  const connect = () => {
    loading ??= loadClient()
    return loading
  }

  return {
    async send({ to, subject, text, html, headers }) {
      const { client, SendEmailCommand } = await connect()
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          ConfigurationSetName: configurationSet,
          Destination: { ToAddresses: [toAscii(to)] },
          Content: {
            Simple: {
              Subject: { Data: subject, Charset: 'UTF-8' },
              Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
              ...(headers && { Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })) }),
            },
          },
        }),
      )
    },
  }
}

async function loadClient() {
  const { SESv2Client, SendEmailCommand } = await import('@aws-sdk/client-sesv2')
  return { client: new SESv2Client(clientSettings), SendEmailCommand }
}
