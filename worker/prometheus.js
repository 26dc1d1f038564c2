// Counters, gauges and histograms in Prometheus' text format. The usual client (prom-client) is not used, because it
// needs Node's cluster, fs and perf_hooks and takes 66 KB.

const escapeHelp = (text) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text) => escapeHelp(String(text)).replace(/"/g, '\\"');

function sample(name, labels, values, number, ...extra) {
  const pairs = [...labels.map((label, i) => [label, values[i]]), ...extra].map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return `${name}${pairs.length ? `{${pairs.join(',')}}` : ''} ${number}`;
}

export class Registry {
  #metrics = [];

  /** Only grows. @returns {{add(values: any[], amount?: number): void}} values: one for each label */
  counter(name, help, labels = []) {
    const series = new Map();
    this.#add(name, help, 'counter', () => [...series.values()].map(({ values, sum }) => sample(name, labels, values, sum)));
    return {
      add(values, amount = 1) {
        const key = values.join('\0');
        const one = series.get(key) ?? { values, sum: 0 };
        one.sum += amount;
        series.set(key, one);
      },
    };
  }

  /** `read` returns [values of the labels, number] for each series on request. */
  gauge(name, help, labels, read) {
    this.#add(name, help, 'gauge', () => read().map(([values, number]) => sample(name, labels, values, number)));
  }

  /** `bounds`: upper ends of the buckets, ascending. @returns {{observe(values: any[], number: number): void}} */
  histogram(name, help, labels, bounds) {
    const series = new Map();
    const lines = ({ values, counts, count, sum }) => [
      ...bounds.map((bound, i) => sample(`${name}_bucket`, labels, values, counts[i], ['le', bound])),
      sample(`${name}_bucket`, labels, values, count, ['le', '+Inf']),
      sample(`${name}_sum`, labels, values, sum),
      sample(`${name}_count`, labels, values, count),
    ];
    this.#add(name, help, 'histogram', () => [...series.values()].flatMap(lines));
    return {
      observe(values, number) {
        const key = values.join('\0');
        if (!series.has(key)) series.set(key, { values, counts: bounds.map(() => 0), count: 0, sum: 0 });
        const one = series.get(key);
        bounds.forEach((bound, i) => (one.counts[i] += number <= bound ? 1 : 0));
        one.count += 1;
        one.sum += number;
      },
    };
  }

  #add(name, help, type, lines) {
    this.#metrics.push(() => [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines()]);
  }

  toString() {
    return `${this.#metrics.flatMap((lines) => lines()).join('\n')}\n`;
  }
}
