"""Lithuanian messages."""

from holdfast.demo.words.phrases import Goods, Phrases

PHRASES = Phrases(
    greetings=("Laba diena,", "Sveiki,", "Labas rytas,", "Gerbiami kolegos,"),
    closings=(
        "Iš anksto dėkoju.",
        "Labai ačiū už pagalbą.",
        "Ačiū ir geros dienos.",
        "Lauksiu jūsų atsakymo.",
        "Pagarbiai.",
    ),
    goods={
        "coffee": Goods("kava", "kavą"),
        "cleaning": Goods("valymo skystis", "valymo skystį"),
        "paper": Goods("spausdinimo popierius", "spausdinimo popierių"),
        "snacks": Goods("sausainių dėžutė", "sausainių dėžutę"),
        "kitchen": Goods("virdulys", "virdulį"),
        "lighting": Goods("stalinė lempa", "stalinę lempą"),
    },
    problems={
        "late_delivery": (
            "Jau {days} dienas laukiu užsakymo {order}, bet jo vis dar nėra.",
            "{subject} turėjo būti pas mus prieš {days} dienas, o siuntos būsena nuo to laiko nesikeičia.",
            "Gal galite pasakyti, kur yra užsakymas {order}? Jis vėluoja {days} dienas.",
            "Prieš {days} dienas užsisakėme {object}, o siuntos nė ženklo.",
        ),
        "damaged": (
            "{subject} iš užsakymo {order} atkeliavo su pažeidimais.",
            "Šiandien atidariau siuntą: prekė sugadinta, dėžė aiškiai buvo numesta. Kalbu apie {object}.",
            "Pakuotė suplyšusi, {object} teks grąžinti.",
        ),
        "wrong_item": (
            "Užsisakiau {object}, bet siuntoje radau visai ką kita.",
            "Užsakyme {order} ne tai, ko prašiau: trūksta prekės „{subject}“, o vietoj jos įdėta kita.",
            "Užsakyme {order} atsiuntėte ne tą prekę.",
        ),
        "billing": (
            "Už užsakymą {order} pinigai nuskaičiuoti du kartus.",
            "Užsakymo {order} sąskaita nesutampa su suma, kurią sumokėjau.",
            "Užsakymo {order} sąskaitoje nepritaikyta nuolaida.",
        ),
        "price": (
            "{subject} dabar kainuoja gerokai daugiau nei praeitą kartą.",
            "Ką tik pamačiau naują kainą. Kodėl {subject} taip pabrango?",
            "Niekas neįspėjo, kad kils kainos; užsakymas {order} kainavo daug brangiau nei įprastai.",
        ),
        "question": (
            "Ar dar galiu pakeisti užsakymo {order} pristatymo adresą?",
            "Ar galima užsisakyti {object} didesnėje pakuotėje?",
            "Kaip atsisiųsti užsakymo {order} sąskaitą faktūrą?",
            "Gal žinote, kada {subject} vėl bus sandėlyje?",
        ),
    },
    again=(
        "Jau antrą kartą rašau dėl to paties.",
        "Ta pati problema vėl pasikartojo.",
        "Sakėte, kad viskas išspręsta, bet taip nėra.",
    ),
    annoyed=(
        "Tikėjausi kur kas geresnio aptarnavimo.",
        "Tai trunka pernelyg ilgai.",
        "Atrodo, kad niekam tai nerūpi.",
        "Labai nusivyliau.",
        "Prašau sutvarkyti tai dar šiandien.",
    ),
    leaving=(
        "Jei taip bus ir toliau, pirksiu kitur.",
        "Svarstau uždaryti savo paskyrą.",
        "Kitas tiekėjas pasiūlė geresnes kainas ir greitesnį pristatymą.",
        "Tai buvo paskutinis mano užsakymas pas jus.",
        "Parašykite, kaip ištrinti savo paskyrą.",
        "Man jau gana, ieškau kitos parduotuvės.",
    ),
)
