import { PersistenceManager } from '../../../node_modules/fauxqs/dist/persistence.js'

/**
 * fauxqs' SQLite file. Its own way to write down that a message is visible again (a visibility timeout of zero)
 * clears the receive count too, which the table forbids; here the message only stops being in flight.
 */
export class QueueDatabase extends PersistenceManager {
  readonly #received = new Map<string, { count: number; first: number | undefined }>()

  override updateMessageInflight(
    messageId: string,
    receiptHandle: string,
    visibilityDeadline: number,
    receiveCount: number,
    firstReceiveTimestamp: number | undefined,
  ): void {
    this.#received.set(messageId, { count: receiveCount, first: firstReceiveTimestamp })
    super.updateMessageInflight(
      messageId,
      receiptHandle,
      visibilityDeadline,
      receiveCount,
      firstReceiveTimestamp,
    )
  }

  override updateMessageReady(messageId: string): void {
    const received = this.#received.get(messageId)
    // A deadline long past reads as "ready" when the queue is opened again.
    if (received) super.updateMessageInflight(messageId, 'none', 1, received.count, received.first)
  }

  override deleteMessage(messageId: string): void {
    this.#received.delete(messageId)
    super.deleteMessage(messageId)
  }
}
