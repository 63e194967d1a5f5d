// A form asks for days by name or for days of one's own: whichever was chosen last is what it shows and asks for.
export function followPeriods() {
  document.addEventListener("input", ({ target }) => {
    const fields = target.form?.elements;
    if (!(fields?.period instanceof HTMLSelectElement)) return;
    const days = [fields.from, fields.to];
    if (days.includes(target) && target.value) fields.period.value = "own";
    if (target === fields.period && target.value !== "own") for (const day of days) {
      day.value = "";
      day.type = "date";
    }
  });
}
