"use strict"

const EventEmitter = require("node:events")
const { readFile } = require("node:fs/promises")

const CURRENCY = "EUR"
const RATES = new Map([
  ["food", 0.07],
  ["books", 0.07],
  ["tools", 0.19],
])

/**
 * What one article costs with its tax: {net} and {gross} in cents.
 */
function priceOf(article, amount = 1) {
  const rate = RATES.get(article.kind) ?? 0.19
  const net = article.cents * amount
  return { net, gross: Math.round(net * (1 + rate)) }
}

// A regular expression with brackets in a class, and a template in a template.
const label = (article) => {
  const plain = article.name.replace(/[^a-z ]/gi, "")
  return `${plain || `number ${article.id}`} (${CURRENCY})`
}

class Cart extends EventEmitter {
  static limit = 99
  #lines = []

  constructor(customer) {
    super()
    this.customer = customer
    this.discount = 0
  }

  get size() {
    return this.#lines.length
  }

  add(article, amount) {
    if (this.size >= Cart.limit) {
      throw new RangeError(`a cart holds ${Cart.limit} lines`)
    }
    this.#lines.push({ article, amount })
    this.emit("added", article)
  }

  async load(path) {
    const rows = JSON.parse(await readFile(path, "utf8"))
    for (const { article, amount } of rows) {
      this.add(article, amount)
    }
  }

  total() {
    let sum = 0
    for (const { article, amount } of this.#lines) {
      sum += priceOf(article, amount).gross
    }
    return sum - Math.round(sum * this.discount)
  }
}

async function* receipts(carts) {
  for (const cart of carts) {
    const body = cart.total()
    yield { customer: cart.customer, body, printed: new Date(0) }
  }
}

Cart.prototype.describe = function () {
  const noun = this.size === 1 ? "line" : "lines"
  return `${this.size} ${noun} of ${this.customer}`
}

const handlers = {
  added(article) {
    console.log("added", label(article))
  },
  failed(error) {
    console.error(error.message)
  },
}

describe("a cart", () => {
  it("is empty at first", () => {
    const cart = new Cart("Ada")
    expect(cart.total()).toBe(0)
  })

  it("adds up", () => {
    const cart = new Cart("Ada")
    cart.add({ kind: "food", cents: 100, name: "Bread" }, 3)
    expect(cart.total()).toBe(321)
  })
})

module.exports = { Cart, priceOf, receipts, handlers }
