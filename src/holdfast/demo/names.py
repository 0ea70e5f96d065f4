"""Names that people in the demo company's countries have, in the script they write them in.

Greek and Lithuanian surnames follow the sex of the given name, so each language has pairs of lists.
"""

from typing import NamedTuple


class Names(NamedTuple):
    """Given names and surnames of women and of men; the surnames stand in the same order."""

    women: tuple[str, ...]
    womens_surnames: tuple[str, ...]
    men: tuple[str, ...]
    mens_surnames: tuple[str, ...]


_ENGLISH = (
    "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Evans", "Thomas", "Roberts", "Walker",
    "Murphy", "Kelly", "O'Brien", "Byrne", "Ryan", "Doyle", "Wright", "Hughes", "Green", "Clarke",
)  # fmt: skip
_PERSIAN = (
    "احمدی", "محمدی", "حسینی", "رضایی", "کریمی", "موسوی", "جعفری", "صادقی", "رحیمی", "هاشمی",
    "نوری", "قاسمی", "اکبری", "یزدانی", "شریفی", "کاظمی", "سلطانی", "مرادی", "امینی", "فرهادی",
)  # fmt: skip

NAMES = {
    "en": Names(
        (
            "Emma", "Olivia", "Grace", "Sophie", "Aoife", "Niamh",
            "Hannah", "Lucy", "Charlotte", "Ciara", "Alice", "Ruth",
        ),
        _ENGLISH,
        (
            "Oliver", "Jack", "Harry", "George", "Conor", "Sean",
            "Daniel", "Thomas", "James", "Liam", "Patrick", "Adam",
        ),
        _ENGLISH,
    ),
    "el": Names(
        (
            "Μαρία", "Ελένη", "Αικατερίνη", "Γεωργία", "Σοφία",
            "Άννα", "Δήμητρα", "Βασιλική", "Ειρήνη", "Χριστίνα",
        ),
        (
            "Παπαδοπούλου", "Παπαδάκη", "Νικολάου", "Γεωργίου",
            "Οικονόμου", "Δημητρίου", "Ιωάννου", "Αντωνίου",
            "Βλάχου", "Αγγελοπούλου", "Καραγιάννη", "Μακρή", "Κωνσταντινίδου", "Αλεξίου", "Χατζή", "Σπανού",
        ),
        (
            "Γιώργος", "Δημήτρης", "Νίκος", "Κώστας", "Γιάννης",
            "Παναγιώτης", "Χρήστος", "Βασίλης", "Ανδρέας", "Μιχάλης",
        ),
        (
            "Παπαδόπουλος", "Παπαδάκης", "Νικολάου", "Γεωργίου",
            "Οικονόμου", "Δημητρίου", "Ιωάννου", "Αντωνίου",
            "Βλάχος", "Αγγελόπουλος", "Καραγιάννης", "Μακρής",
            "Κωνσταντινίδης", "Αλεξίου", "Χατζής", "Σπανός",
        ),
    ),
    "lt": Names(
        (
            "Rasa", "Daiva", "Eglė", "Austėja", "Ieva", "Gabija",
            "Kristina", "Rūta", "Vaida", "Jurgita", "Živilė",
        ),
        (
            "Kazlauskienė", "Jankauskaitė", "Petrauskienė", "Stankevičienė",
            "Paulauskaitė", "Butkienė", "Žukauskaitė",
            "Balčiūnienė", "Navickaitė", "Urbonienė", "Kavaliauskienė",
            "Šimkutė", "Vasiliauskienė", "Rimkutė",
        ),
        (
            "Jonas", "Tomas", "Mantas", "Lukas", "Darius",
            "Andrius", "Vytautas", "Giedrius", "Paulius", "Šarūnas",
        ),
        (
            "Kazlauskas", "Jankauskas", "Petrauskas", "Stankevičius", "Paulauskas", "Butkus", "Žukauskas",
            "Balčiūnas", "Navickas", "Urbonas", "Kavaliauskas", "Šimkus", "Vasiliauskas", "Rimkus",
        ),
    ),
    "fa": Names(
        (
            "زهرا", "فاطمه", "مریم", "نرگس", "سارا", "لیلا",
            "نازنین", "الهام", "شیرین", "پریسا", "مینا", "آزاده",
        ),
        _PERSIAN,
        ("علی", "محمد", "حسین", "رضا", "امیر", "مهدی", "آرش", "بهرام", "کیوان", "سعید", "نوید", "فرهاد"),
        _PERSIAN,
    ),
}  # fmt: skip

OWNERS = (
    "Kate Whitfield", "Declan Moore", "Ελένη Σταύρου", "Πέτρος Λάμπρου", "Jolanta Mickutė", "Rokas Žilinskas",
    "نسرین بهرامی", "کامران ایزدی",
)  # fmt: skip
OWNERS_OF = {"en": OWNERS[0:2], "el": OWNERS[2:4], "lt": OWNERS[4:6], "fa": OWNERS[6:8]}
