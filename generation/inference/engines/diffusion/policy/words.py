"""The words for minors that `policy` looks for, and those that tell people from goods.

Whole words, lower case, without accents, in the languages of most merchants; none that is a common
one in another language.
"""

from __future__ import annotations

MINOR_WORDS = """
    child children childs childlike kid kids kiddo kiddie baby babies toddler toddlers infant
    infants newborn newborns minors underage underaged teen teens teenaged teenage teenager
    teenagers preteen preteens tween tweens juvenile adolescent adolescents prepubescent
    pubescent schoolgirl schoolgirls schoolboy schoolboys schoolchild schoolchildren schoolkid
    schoolkids kindergartner kindergartener preschooler preschoolers boy boys girl girls
    youngster youngsters loli lolita shota nymphet nymphets lass lassie laddie quinceanera
    puberty prepubertal bub buben madel madels
    kinder kindern kindes kleinkind saugling jugendliche jugendlicher teenagerin madchen
    schuljunge schuljungen knabe knaben teenie teenies schuler gymnasiastin gymnasiast
    minderjahrig minderjahrige minderjahriger schulerin schulmadchen enfant enfants bebe bebes
    adolescente adolescentes fillette fillettes garconnet ecoliere ecolier lyceenne lyceen
    collegienne collegien gamine gamin ninha ninho ninos ninas bambino bambina bambini bambine
    minorenne minorenni ragazzina ragazzino liceale colegiala colegialas colegial crianca
    criancas menina menino meninas meninos meisje meisjes jongen kinderen tiener tienermeisje
    scholier scholiere uczennica uczennice licealistka licealista dziecko dzieci dziecka
    nastolatka nastolatek dziewczynka chlopiec flicka pojke skolflicka lapsi cocuk cocuklar
    bebek liseli ergen ребенок ребенка дети детей девочка девочки девочек мальчик мальчика
    девочку мальчики мальчиков школьница школьницы школьницу школьницей школьник школьника
    школьники школьников малыш малышка подростка подростки подросток несовершеннолетний
    несовершеннолетняя مراهق مراهقة طفل طفلة أطفال बच्चा बच्ची बच्चे
"""
# Of people these are the young, and of goods a year, a size, a colour or somebody's name.
MINOR_WORDS_OF_PEOPLE = """
    lad lads freshman freshmen sophomore sophomores youth youths
    fille filles garcon garcons ado ados chica chicas chico chicos muchacha muchacho nena nene
    garota garotas garoto garotos rapariga ragazza ragazze ragazzo ragazzi
"""
MINORS_ANYWHERE = (
    *(
        "未成年",
        "儿童",
        "兒童",
        "孩",
        "女童",
        "男童",
        "婴儿",
        "嬰兒",
        "幼女",
        "少女",
        "少年",
        "萝莉",
        "蘿莉",
    ),
    *(
        "女の子",
        "男の子",
        "小学生",
        "小學生",
        "中学生",
        "中學生",
        "高中生",
        "初中生",
        "高校生",
        "女子高",
        "女学生",
    ),
    *(
        "子供",
        "子ども",
        "幼児",
        "赤ちゃん",
        "ロリータ",
        "ロリコン",
        "어린이",
        "미성년",
        "소녀",
        "소년",
    ),
    *(
        "여고생",
        "남고생",
        "여중생",
        "남중생",
        "고등학생",
        "중학생",
        "초등학생",
        "여학생",
        "여자아이",
        "남자아이",
    ),
    *("여자애", "남자애", "청소년", "십대", "10代の", "十代の"),
)
# Minors in more than one word.
MINORS_SAID = (
    r"(?:high|middle|elementary|primary|grade)[- ]?school(?:ers?| (?:students?|pupils?|kids?))",
    r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
    r"[- ](?:graders?|grade (?:students?|pupils?))",
    r"(?:in|at|from) (?:high|middle|junior high|elementary|primary) school|junior[- ]high|"
    r"in (?:the )?\d{1,2}(?:st|nd|rd|th) grade|not (?:yet |quite )?(?:18|eighteen)|"
    r"^minor(?=$|[.,])|"
    r"under[- ]aged?|(?:pupil|student)s? (?:in|of) (?:grade|class)",
    # "Ein Junge", and not "eine junge Frau".
    r"jungen?(?=$|[.,;:!?]| (?:in|im|mit|auf|am|an|ohne|und|der|tragt|steht|sitzt|lachelt|vor|"
    r"von)\b)",
    r"(?:little|small|tiny|young)[- ](?:daughter|son|sister|brother|one|student|pupil)s?",
    r"little (?:lady|miss)|(?:an?|is|looks) minor(?=$|[.,;]| (?:in|on|with|who|wearing)\b)",
    r"jeunes? (?:filles?|garcons?)|petite?s? (?:filles?|garcons?)|kleine[rsn]? (?:tochter|sohn)",
    r"sweet (?:sixteen|16)|barely (?:legal|18|eighteen)|jail ?bait|lolicon",
    r"(?:un|une|des|personnes?|filles?|garcons?) mineure?s?|^mineure?s?",
)
# Of a wine these say nothing.
MINORS_SAID_OF_PEOPLE = (
    r"(?:very|extremely|too|so) young",
    r"young(?:est)?[- ](?:thing|looking model)|youngest(?:[- ]looking)?",
)
# Compounds that are goods where they stand alone: Kinderzimmer, Kinderschuhe.
MINOR_COMPOUNDS = r"(?:kinder|madchen)(?!garten)\w{3,}"

# With these in the words, minors are people and not buyers: what they wear, and what they do.
PEOPLE_MEANT = """
    wearing wears worn dressed posing poses pose posed smiling smiles laughing laughs playing plays
    her his she he herself himself hers him they who whose
    swimming swims bathing bathes dancing dances modelling modeling models massage shirtless
    barefoot barefooted sexy seductive sensual provocative flirty alluring curvy busty
    portrant souriant souriante llevando sonriendo tragt lachelt indossa
"""
PEOPLE_ACT = """
    standing sitting lying kneeling holding walking running looking sleeping jumping crawling
    hugging holds sits stands lies looks walks runs
"""
# Who they are where it is told: no word for an owner or a buyer.
PERSONS = """
    woman women man men person people model lady ladies guy guys somebody someone gentleman
    gentlemen bride groom wife wives husband husbands frau frauen mann manner dame menschen
    femme femmes homme hommes mujer
    mujeres hombre hombres donna donne uomo uomini mulher mulheres homem homens vrouw vrouwen
    kobieta kobiety mezczyzna женщина женщину женщины мужчина мужчину девушка девушку kadin erkek
"""
PERSONS_ANYWHERE = (
    *(
        "女性",
        "男性",
        "女人",
        "男人",
        "人物",
        "模特",
        "美女",
        "モデル",
        "여성",
        "남성",
        "여자",
        "모델",
    ),
)
# Anywhere in a word, as German writes it.
UNDERCLOTHES = (
    r"bikini|swim(?:suit|wear|ming)|bathing ?suit|lingerie|underwear|undies|panty|panties|thong\b|"
    r"g-string|\bbras?\b|bralette|brief(?:s\b)|boxers?\b|corset|fishnets?|garter|negligee|"
    r"nightgown|leotard|badeanzug|badehose|unterwasche|dessous|maillots? de bain|sous-?vetement|"
    r"traje de bano|"
    r"banador|ropa interior|costume da bagno|intimo|купальник|бель[ея]|水着|下着|泳装|泳衣|内衣|"
    r"수영복|속옷"
)
