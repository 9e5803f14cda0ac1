import { EventEmitter } from "node:events";

export interface Product {
  id: string;
  title: string;
  price: number;
}

interface Line {
  product: Product;
  count: number;
}

export class Cart extends EventEmitter {
  private lines = new Map<string, Line>();

  constructor(private readonly currency: string = "EUR") {
    super();
  }

  add(product: Product, count = 1): void {
    const line = this.lines.get(product.id);
    if (line) {
      line.count += count;
    } else {
      this.lines.set(product.id, { product, count });
    }
    this.emit("change", this.size);
  }

  remove(id: string): boolean {
    const removed = this.lines.delete(id);
    if (removed) {
      this.emit("change", this.size);
    }
    return removed;
  }

  get size(): number {
    let total = 0;
    for (const line of this.lines.values()) {
      total += line.count;
    }
    return total;
  }

  total(): number {
    let sum = 0;
    for (const { product, count } of this.lines.values()) {
      sum += product.price * count;
    }
    return Math.round(sum * 100) / 100;
  }

  format(locale = "de-DE"): string {
    const options = { style: "currency", currency: this.currency };
    return new Intl.NumberFormat(locale, options).format(this.total());
  }
}

export async function fetchProduct(id: string): Promise<Product> {
  const response = await fetch(`/api/products/${id}`);
  if (!response.ok) {
    throw new Error(`cannot load product ${id}: ${response.status}`);
  }
  return (await response.json()) as Product;
}
