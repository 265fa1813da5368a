"use strict";
// Looks things up in what the evaluator wrote down when the page was made. It decides nothing: no rule is
// evaluated here, no cell is read. What the page does not know, it says, with the command that does.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { fields, policies, rules, trails, commands } = data;
  const box = document.getElementById("search");
  const status = document.getElementById("status");
  const results = document.getElementById("results");
  const shown = document.getElementById("shown");
  const MOST = 40;

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") element.addEventListener("click", value);
      else if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  const fold = (text) => text.toLowerCase();

  // --- Leads in words ------------------------------------------------------------------------------

  const cellText = (lead, field) => {
    const unread = (lead.unread || []).find((cell) => cell[0] === field);
    return unread ? unread[1] : lead.cells[field];
  };
  const known = (lead) => fields.map((name, field) => [name, cellText(lead, field), field]).filter(([, text]) => text !== null);
  const quoted = (text) => (/[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const pasted = (lead) => known(lead).map(([name, text]) => `${name}=${quoted(text)}`).join(", ");
  const brief = (lead) => known(lead).filter(([, text]) => text !== nameOf(lead)).map(([name, text]) => `${name}=${text}`).join(", ");
  const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const byHand = (text) => `${commands.explain} --lead ${shell(text)}`;
  const nameOf = (lead) => {
    if (lead.from === "hand") return "the lead given with --lead";
    if ("file" in lead.from) return lead.from.file;
    if ("finding" in lead.from) return `shows ${data.findings[lead.from.finding].code}`;
    return `a lead for ${rules[lead.from.rule].name}`;
  };
  const isOfFile = (lead) => lead.from.file !== undefined;
  const commandOf = (lead) =>
    isOfFile(lead) && commands.file && data.has_ids ? `${commands.explain} ${commands.file} --id ${shell(lead.from.file)}` : byHand(pasted(lead));
  const stagesOf = (lead) => trails.ways[lead.way];
  const taken = (lead) => stagesOf(lead).flatMap(([, tried]) => tried.filter((rule) => rule[1] === 1).map((rule) => rule[0]));

  // As `explain` words it.
  const reason = (lead, code) => {
    const [text, value, within] = trails.comparisons[code >> 1];
    const looked = lead.values.find((known) => known[0] === value) || [value, null, null];
    const of = trails.values[value];
    const has = looked[1] !== null ? `${of} is ${looked[1]}` : looked[2] !== null ? `${of} is blank, for ${looked[2]} could not be read` : `${of} is blank`;
    return `${within ? `${within}: ` : ""}${text} ${code & 1 ? "holds" : "does not hold"}: ${has}`;
  };

  // --- What is found -------------------------------------------------------------------------------

  /// `country=DE, company="Doe, Inc."` as pairs; null where it is no such text.
  const parse = (text) => {
    const parts = [];
    let part = "", inQuotes = false;
    for (const sign of text) {
      if (sign === '"') inQuotes = !inQuotes;
      if (sign === "," && !inQuotes) { parts.push(part); part = ""; } else part += sign;
    }
    parts.push(part);
    const cells = parts.filter((part) => !["", "the rest blank"].includes(part.trim())).map((part) => {
      const at = part.indexOf("=");
      if (at < 0) return null;
      let value = part.slice(at + 1).trim();
      if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) value = value.slice(1, -1).replaceAll('""', '"');
      return [part.slice(0, at).trim(), value];
    });
    return inQuotes || cells.includes(null) ? null : cells;
  };

  const searchLead = (text) => {
    const cells = parse(text);
    if (!cells) return say("Write cells as field=value, with a comma between them, and quotes around a value that holds a comma.");
    const stranger = cells.find(([name]) => !fields.includes(name));
    if (stranger) return say(`A lead has no field ${stranger[0]}. It has ${fields.join(", ")}.`);
    const wanted = cells.map(([name, value]) => [fields.indexOf(name), value]);
    const has = (lead, same) => wanted.every(([field, value]) => same((cellText(lead, field) ?? "").trim(), value.trim()));
    const filled = new Set(wanted.filter(([, value]) => value !== "").map(([field]) => field));
    const isAll = (lead) => known(lead).every(([, , field]) => filled.has(field));
    const these = trails.leads.filter((lead) => has(lead, (a, b) => a === b) && isAll(lead));
    const others = trails.leads.filter((lead) => !these.includes(lead) && has(lead, (a, b) => fold(a) === fold(b)));
    if (these.length > 0) {
      say(`${these.length === 1 ? "This page knows this lead" : `${these.length} leads are exactly this`}${others.length ? `, and ${count(others.length, "other", "others")} with these cells` : ""}.`);
      list([["Exactly this lead", these, leadItem], ["With other cells, too", others, leadItem]]);
      showLead(these[0], false);
      return;
    }
    say(`None of the ${count(trails.leads.length, "lead", "leads")} of this page is exactly this one${others.length ? `; ${count(others.length, "has", "have")} these cells, and others` : ""}. Where it goes, pointsman says:`);
    results.append(command(byHand(text.trim())));
    results.append(make("p", { class: "soft" }, `Or make the page anew with --lead ${shell(text.trim())}, and it is here.`));
    list([["These are other leads with these cells", others, leadItem]], true);
  };

  const searchText = (text) => {
    const words = fold(text).split(/\s+/).filter(Boolean);
    const holds = (whole) => words.every((word) => whole.includes(word));
    const ruleFound = rules.filter((rule) => holds(rule.text ??= fold([rule.name, rule.when, rule.does, rule.description, ...rule.findings.flatMap((found) => [found.code, found.message])].join(" "))));
    const leadFound = trails.leads.filter((lead) => holds(lead.text ??= fold([nameOf(lead), ...known(lead).map(([name, value]) => `${name}=${value} ${value}`), lead.end].join(" "))));
    say(`${count(ruleFound.length, "rule", "rules")}, ${count(leadFound.length, "lead", "leads")}`);
    list([["Rules", ruleFound, ruleItem], ["Leads", leadFound, leadItem]]);
  };

  const overview = () => {
    const ofFile = trails.leads.filter(isOfFile);
    const found = rules.filter((rule) => rule.findings.length > 0);
    say("");
    list([
      ["Rules with findings", found, ruleItem],
      [`Leads of ${data.file ?? "a file"}`, ofFile, leadItem],
      ["Leads that show findings, or were given by hand", trails.leads.filter((lead) => lead.from === "hand" || lead.from.finding !== undefined), leadItem],
      ["Rules", rules, ruleItem],
    ]);
  };

  const say = (text) => {
    status.textContent = text;
    results.replaceChildren();
  };
  const list = (groups, keep) => {
    if (!keep) results.replaceChildren();
    for (const [title, items, item] of groups) {
      if (items.length === 0) continue;
      const more = items.length > MOST ? make("li", { class: "soft" }, `and ${(items.length - MOST).toLocaleString("en")} more: write more to find them`) : null;
      results.append(make("h3", {}, title), make("ul", {}, ...items.slice(0, MOST).map((one) => make("li", {}, item(one))), more));
    }
  };
  const ruleItem = (rule) => make("button", { type: "button", on: () => showRule(rule, true) },
    make("bdi", { class: "strong" }, rule.name), rule.findings.length ? make("span", { class: `found ${rule.findings[0].severity}` }, ` ${rule.findings[0].severity}`) : null,
    make("span", { class: "soft" }, ` ${rule.when ?? "everything else"}`));
  const leadItem = (lead) => make("button", { type: "button", on: () => showLead(lead, true) },
    make("bdi", { class: "strong" }, nameOf(lead)), make("span", { class: "soft" }, ` ${brief(lead) || "all cells blank"}`));
  const command = (text) => {
    const copy = make("button", { type: "button", class: "copy", on: async () => {
      try { await navigator.clipboard.writeText(text); copy.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(code); copy.textContent = "Selected"; }
    } }, "Copy");
    const code = make("code", { tabindex: "0" }, text);
    return make("div", { class: "command" }, code, copy);
  };

  // --- What is shown -------------------------------------------------------------------------------

  const marked = document.querySelectorAll(".picture [data-row]");
  const mark = (tried, held, isWay) => {
    document.body.classList.toggle("on-way", isWay);
    for (const element of marked) {
      const row = Number(element.dataset.row);
      element.classList.toggle("tried", tried.has(row));
      element.classList.toggle("taken", held.has(row));
    }
  };
  const reveal = (row) => {
    const here = [...document.querySelectorAll(`g[data-row="${row}"]`)].find((element) => element.getClientRects().length > 0 && element.getBoundingClientRect().width > 0);
    here?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const open = (name, move, ...content) => {
    shown.replaceChildren(...content.filter((child) => child !== null));
    history.replaceState(null, "", `#${encodeURIComponent(name)}`);
    if (move) {
      shown.focus({ preventScroll: true });
      shown.scrollIntoView({ block: "nearest" });
    }
  };

  const sign = { 0: ["✗", "does not hold"], 1: ["✓", "holds"], 2: ["·", "not in force"] };
  const triedItem = (lead, [rule, verdict, decisive]) => {
    const { name, does } = rules[rule];
    const short = name.slice(name.indexOf(".") + 1);
    return make("li", { class: ["failed", "held", "asleep"][verdict] },
      make("span", { class: "sign", "aria-hidden": "true" }, sign[verdict][0]),
      make("button", { type: "button", class: "link", on: () => showRule(rules[rule], true) }, make("bdi", {}, short)),
      verdict === 1 ? make("span", { class: "does" }, ` → ${does}`) : verdict === 2 ? " is not in force" : null,
      ...decisive.map((code) => make("div", { class: "soft" }, reason(lead, code))));
  };
  /// Many rules that do not hold are folded but for the last three.
  const stage = (lead, [policy, tried]) => {
    const failed = tried.findIndex((rule) => rule[1] === 1);
    const before = (failed < 0 ? tried.length : failed) - 3;
    const rest = make("ul", { class: "tried-rules" }, ...tried.slice(Math.max(before > 3 ? before : 0, 0)).map((rule) => triedItem(lead, rule)));
    const folded = before > 3 ? make("details", {}, make("summary", {}, `${before} rules before do not hold`), make("ul", { class: "tried-rules" }, ...tried.slice(0, before).map((rule) => triedItem(lead, rule)))) : null;
    return make("section", {}, make("h3", {}, "policy ", make("bdi", {}, policies[policy])), folded, rest, failed < 0 ? make("p", { class: "soft" }, "No rule of it takes the lead.") : null);
  };

  const showLead = (lead, move) => {
    const tried = stagesOf(lead).flatMap(([, rows]) => rows.map((rule) => rules[rule[0]].row));
    const held = taken(lead);
    mark(new Set(tried), new Set(held.map((rule) => rules[rule].row)), true);
    const last = held.at(-1);
    const cells = known(lead).map(([name, text, field]) => {
      const unread = (lead.unread || []).find((cell) => cell[0] === field);
      return make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, text), unread ? make("span", { class: "soft" }, ` counts as blank: it is not ${unread[2]}`) : null));
    });
    const decided = last === undefined || rules[last].hands_on ? null : make("p", { class: "end" }, `${rules[last].name}: ${rules[last].does}`);
    open(`lead:${trails.leads.indexOf(lead)}`, move,
      make("h2", {}, make("bdi", {}, nameOf(lead))),
      isOfFile(lead) ? null : make("p", { class: "soft" }, "Made by the analysis, or given when the page was made; it went through the router as any lead does."),
      decided, lead.end ? make("p", { class: decided ? "" : "end" }, lead.end) : null,
      make("dl", {}, ...(cells.length ? cells : [make("div", {}, make("dd", {}, "all cells blank"))])),
      ...stagesOf(lead).map((entered) => stage(lead, entered)),
      make("h3", {}, "The same from pointsman itself"), command(commandOf(lead)));
    if (move && last !== undefined) reveal(rules[last].row);
  };

  const showRule = (rule, move) => {
    const index = rules.indexOf(rule);
    mark(new Set(), new Set([rule.row]), false);
    const through = trails.leads.filter((lead) => isOfFile(lead) && taken(lead).includes(index));
    const example = rule.lead === null ? null : trails.leads[rule.lead];
    open(`rule:${rule.name}`, move,
      make("h2", {}, make("bdi", {}, rule.name)),
      make("p", { class: "soft" }, rule.place),
      rule.description ? make("p", {}, rule.description) : null,
      make("p", {}, rule.when ? make("code", {}, `when ${rule.when}`) : "Takes every lead that no rule before it takes."),
      make("p", {}, make("code", {}, rule.does)),
      ...rule.findings.map((found) => make("div", { class: `finding ${found.severity}` }, make("strong", {}, `${found.severity}: ${found.code}`), make("p", {}, found.message), found.help ? make("p", { class: "soft" }, found.help) : null)),
      rule.leads === null ? null : make("p", {}, `${count(rule.leads, "lead", "leads")} of ${data.file} went by it.`),
      make("h3", {}, "Leads"),
      make("ul", { class: "leads" }, example ? make("li", {}, leadItem(example)) : make("li", { class: "soft" }, { nobody: "No lead comes to this rule.", open: "Whether a lead comes to this rule was not decided.", left_out: "The page has no room for a lead of this rule." }[rule.without]),
        ...through.slice(0, 12).map((lead) => make("li", {}, leadItem(lead)))));
    if (move) reveal(rule.row);
  };

  const showRow = (row) => {
    const inRow = rules.filter((rule) => rule.row === row);
    if (inRow.length === 1) return showRule(inRow[0], true);
    if (inRow.length === 0) return;
    box.value = "";
    say(`${inRow.length} rules share this row`);
    results.append(make("ul", {}, ...inRow.map((rule) => make("li", {}, ruleItem(rule)))));
    mark(new Set(), new Set([row]), false);
    results.scrollIntoView({ block: "nearest" });
  };

  // --- Keys, clicks, addresses ---------------------------------------------------------------------

  const search = () => {
    const text = box.value.trim().replace(/^lead:\s*/, "");
    if (text === "") overview();
    else if (/^[A-Za-z]\w*\s*=/.test(text)) searchLead(text);
    else searchText(text);
  };
  for (const row of document.querySelectorAll("g[data-row]")) {
    row.setAttribute("tabindex", "0");
    row.addEventListener("click", () => { if (getSelection().isCollapsed) showRow(Number(row.dataset.row)); });
    row.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); showRow(Number(row.dataset.row)); }
    });
  }
  box.addEventListener("input", search);
  box.form.addEventListener("submit", (event) => { event.preventDefault(); results.querySelector("button:not(.copy)")?.click(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) { event.preventDefault(); box.focus(); box.select(); }
    if (event.key === "Escape") { box.value = ""; shown.replaceChildren(); mark(new Set(), new Set(), false); search(); box.focus(); history.replaceState(null, "", " "); }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (document.activeElement === box || results.contains(document.activeElement))) {
      const buttons = [...results.querySelectorAll("button")];
      const next = buttons.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      (next < 0 ? box : buttons[Math.min(next, buttons.length - 1)] ?? box).focus();
    }
  });
  const address = (move) => {
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted.startsWith("rule:")) { const rule = rules.find((rule) => `rule:${rule.name}` === wanted); if (rule) showRule(rule, move); }
    else if (wanted.startsWith("lead:")) { const lead = trails.leads[Number(wanted.slice(5))]; if (lead) showLead(lead, move); }
    else if (wanted.startsWith("find:")) { box.value = wanted.slice(5); search(); }
  };
  document.body.classList.add("live");
  search();
  address(false);
  addEventListener("hashchange", () => address(true));
})();
