import { definePublicEvent } from '../define.ts'
import { orderData, tellBuyer, tellParties } from './order-data.ts'
import { exampleCompleted, exampleEarnings, exampleOrder, examplePaid } from './order-example.ts'

const shared = { version: '2026-12-01', resource: 'order', data: orderData } as const

const orderCreated = definePublicEvent({
  ...shared,
  type: 'order.created',
  description: 'You placed an order. To its buyer.',
  example: { role: 'buyer', order: exampleOrder, earnings: [] },
  build: (db, { order_id }) => tellBuyer(db, order_id),
})

const orderPaid = definePublicEvent({
  ...shared,
  type: 'order.paid',
  description:
    'An order was paid. To its buyer, and to whoever sold something of it or earns of it; to the buyer alone where all of it goes back at once (`end_reason`).',
  example: { role: 'seller', order: examplePaid, earnings: exampleEarnings },
  build: (db, { order_id }) => tellParties(db, order_id),
})

const orderCompleted = definePublicEvent({
  ...shared,
  type: 'order.completed',
  description:
    'The licences of an order were issued. To its buyer, and to whoever sold something of it or earns of it.',
  example: { role: 'buyer', order: exampleCompleted, earnings: [] },
  build: (db, { order_id }) => tellParties(db, order_id),
})

const orderCancelled = definePublicEvent({
  ...shared,
  type: 'order.cancelled',
  description: 'An order was cancelled before it was paid. To its buyer.',
  example: { role: 'buyer', order: { ...exampleOrder, status: 'cancelled' }, earnings: [] },
  build: (db, { order_id }) => tellBuyer(db, order_id),
})

const orderExpired = definePublicEvent({
  ...shared,
  type: 'order.expired',
  description: 'An order was not paid in time. To its buyer.',
  example: { role: 'buyer', order: { ...exampleOrder, status: 'expired' }, earnings: [] },
  build: (db, { order_id }) => tellBuyer(db, order_id),
})

export const orderEvents = [orderCreated, orderPaid, orderCompleted, orderCancelled, orderExpired] as const
