import type { ServerResponse } from 'node:http'
import { ACCOUNT, REGION } from '../template.ts'
import { AwsError, notImplemented } from './aws-error.ts'
import { type AwsService, answerJson, failJson, type Operation, parseJson } from './aws-service.ts'
import { nameOf, type Queues } from './sqs.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.0'

type Input = Record<string, unknown>

/** What an action needs beyond the right of its own name; a batch needs what its single form does. */
const permissions: Readonly<Record<string, readonly string[]>> = {
  SendMessage: ['sqs:SendMessage'],
  SendMessageBatch: ['sqs:SendMessage'],
  ReceiveMessage: ['sqs:ReceiveMessage'],
  DeleteMessage: ['sqs:DeleteMessage'],
  DeleteMessageBatch: ['sqs:DeleteMessage'],
  ChangeMessageVisibility: ['sqs:ChangeMessageVisibility'],
  ChangeMessageVisibilityBatch: ['sqs:ChangeMessageVisibility'],
  GetQueueAttributes: ['sqs:GetQueueAttributes'],
  GetQueueUrl: ['sqs:GetQueueUrl'],
  PurgeQueue: ['sqs:PurgeQueue'],
  ListQueues: ['sqs:ListQueues'],
  ListDeadLetterSourceQueues: ['sqs:ListDeadLetterSourceQueues'],
  StartMessageMoveTask: [
    'sqs:StartMessageMoveTask',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
  ],
}

export function createSqsService(queues: Queues): AwsService {
  const own: Readonly<Record<string, (input: Input) => unknown>> = {
    // fauxqs remembers the URL a queue was first made with; ours changes with the front door's port.
    GetQueueUrl: (input) => ({ QueueUrl: findQueue(queues, String(input.QueueName)).ref }),
    ListQueues: (input) => ({
      QueueUrls: queues.queues
        .map(({ ref }) => ref)
        .filter((url) => nameOf(url).startsWith(String(input.QueueNamePrefix ?? ''))),
    }),
    ListDeadLetterSourceQueues: (input) => ({
      queueUrls: sourcesOf(queues, resourceOf('ListDeadLetterSourceQueues', input)).map(({ ref }) => ref),
    }),
    StartMessageMoveTask: (input) => {
      const destination = input.DestinationArn
      const source = String(input.SourceArn)
      return {
        TaskHandle: `moved-${queues.redrive(source, destination === undefined ? undefined : String(destination))}`,
      }
    },
  }

  const run = async (action: string, input: Input, body: string, response: ServerResponse) => {
    const answer = own[action]
    if (answer) return answerJson(response, 200, answer(input), CONTENT_TYPE)
    const result = await queues.call(action, body)
    response.writeHead(result.status, { ...result.headers, 'content-length': Buffer.byteLength(result.body) })
    response.end(result.body)
  }

  return {
    name: 'sqs',
    streams: false,
    identify({ incoming, body }): Operation {
      const target = String(incoming.headers['x-amz-target'] ?? '')
      const action = target.replace(/^AmazonSQS\./, '')
      const actions = permissions[action]
      if (!actions) throw notImplemented(`the SQS action "${target}" (queues are made by the template)`)
      const input = parseJson(body)
      const resource = resourceOf(action, input)
      return {
        name: `sqs:${action}`,
        needs: [
          ...actions.map((one) => ({ action: one, resource })),
          ...needsOfTarget(queues, action, input),
        ],
        run: (response) => run(action, input, body.toString('utf8'), response),
      }
    },
    fail: failJson({ prefix: 'com.amazonaws.sqs#', contentType: CONTENT_TYPE, query: true }),
  }
}

function resourceOf(action: string, input: Input): string {
  if (action === 'ListQueues') return '*'
  const queue = input.QueueUrl ?? input.QueueName ?? input.SourceArn
  if (typeof queue !== 'string')
    throw new AwsError('MissingParameter', 400, 'The request must name its queue.')
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${nameOf(queue)}`
}

/** Moving messages also sends them, to the queue they came from where no other is named. */
function needsOfTarget(queues: Queues, action: string, input: Input) {
  if (action !== 'StartMessageMoveTask') return []
  const source = String(input.SourceArn)
  const targets =
    input.DestinationArn === undefined
      ? sourcesOf(queues, source)
      : [findQueue(queues, String(input.DestinationArn))]
  return targets.map((target) => ({ action: 'sqs:SendMessage', resource: target.attribute('Arn') }))
}

/** The queues whose dead-letter queue this is. */
const sourcesOf = (queues: Queues, deadLetterArn: string) =>
  queues.queues.filter(({ properties }) =>
    JSON.stringify(properties.RedrivePolicy ?? '').includes(`"${deadLetterArn}"`),
  )

function findQueue(queues: Queues, queue: string) {
  const found = queues.queues.find((resource) => resource.attribute('QueueName') === nameOf(queue))
  if (!found) throw new AwsError('QueueDoesNotExist', 400, 'The specified queue does not exist.')
  return found
}
